import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { readRefs } from '../git-objects.ts';
import { stateOf } from '../routes/deployments.ts';
import { combine, latestStatuses } from '../routes/statuses.ts';
import { fullNameOf } from '../state.ts';
import type { App, Comment, PullRequest, Repository, State } from '../state.ts';

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Plain pages that show what GitHub would: enough to look at in a demo, and to click through. */
export function layout(title: string, content: Html | '' = ''): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          body {
            font:
              16px/1.5 system-ui,
              sans-serif;
            max-width: 52rem;
            margin: 2rem auto;
            padding: 0 1rem;
            color: #1f2328;
          }
          article,
          section {
            border: 1px solid #d1d9e0;
            border-radius: 6px;
            padding: 0.5rem 1rem;
            margin: 1rem 0;
          }
          pre {
            white-space: pre-wrap;
            overflow-wrap: anywhere;
          }
          a {
            color: #0969da;
          }
          .state {
            font-weight: 600;
          }
        </style>
      </head>
      <body>
        <p>A GitHub for tests. Nothing here leaves this machine.</p>
        <h1>${title}</h1>
        ${content}
      </body>
    </html>`;
}

export function homePage(state: State): Html {
  const repositories = [...state.repositories.values()].map(fullNameOf);
  return layout(
    'Repositories',
    html`<ul>
      ${repositories.map((name) => html`<li><a href="/${name}">${name}</a></li>`)}
    </ul>`,
  );
}

export function repositoryPage(repository: Repository): Html {
  const name = fullNameOf(repository);
  const branches = [...readRefs(repository.git.directory, 'refs/heads')];
  const pulls = [...repository.pulls.values()].toReversed();
  return layout(
    name,
    html`<p>${repository.isPrivate ? 'Private' : 'Public'}${forkedFrom(repository)}</p>
      <section>
        <h2>Branches</h2>
        <ul>
          ${branches.map(([ref, sha]) => branchLine(repository, ref.slice('refs/heads/'.length), sha))}
        </ul>
      </section>
      <section>
        <h2>Pull requests</h2>
        <ul>
          ${pulls.map(
            (pull) =>
              html`<li>
                <a href="/${name}/pull/${pull.number}">${pull.title} #${pull.number}</a> ${wordOf(pull)}
              </li>`,
          )}
        </ul>
      </section>
      ${deploymentsSection(repository, () => true)}`,
  );
}

function forkedFrom({ parent }: Repository): Html | string {
  return parent === null
    ? ''
    : html`, forked from <a href="/${fullNameOf(parent)}">${fullNameOf(parent)}</a>`;
}

function branchLine(repository: Repository, branch: string, sha: string): Html {
  const statuses = latestStatuses(repository, sha);
  const state = statuses.length === 0 ? '' : combine(statuses);
  return html`<li>
    ${branch}
    <a href="/${fullNameOf(repository)}/commit/${sha}">${sha.slice(0, 7)}</a>
    ${repository.objects.commit(sha)?.message.split('\n')[0] ?? ''} <span class="state">${state}</span>
  </li>`;
}

export function commitPage(repository: Repository, sha: string): Html | undefined {
  const commit = repository.objects.commit(sha);
  if (commit === undefined) return undefined;
  const changes = repository.objects.diff(repository.objects.commit(commit.parents[0] ?? ''), commit);
  return layout(
    commit.message.split('\n')[0] ?? sha,
    html`<p>
        <a href="/${fullNameOf(repository)}">${fullNameOf(repository)}</a> · <code>${commit.sha}</code> ·
        ${commit.author.name}
      </p>
      <pre>${commit.message}</pre>
      ${statusesSection(repository, commit.sha)}
      ${deploymentsSection(repository, (each) => each === commit.sha)}
      <section>
        <h2>Files</h2>
        <ul>
          ${changes.map(({ path, status }) => html`<li>${status}: ${path}</li>`)}
        </ul>
      </section>`,
  );
}

function statusesSection(repository: Repository, sha: string): Html {
  const statuses = latestStatuses(repository, sha);
  return html`<section>
    <h2>Checks</h2>
    <ul>
      ${statuses.map(
        (each) =>
          html`<li>
            <span class="state">${each.state}</span> ${each.context}: ${each.description ?? ''}
            ${link(each.targetUrl, 'Details')}
          </li>`,
      )}
    </ul>
  </section>`;
}

/** Only what leads to a page: a `javascript:` address never becomes a link. */
function link(url: string | null, words: string): Html | string {
  return url === null || !/^https?:\/\//.test(url) ? '' : html`<a href="${url}">${words}</a>`;
}

function deploymentsSection(repository: Repository, isShown: (sha: string) => boolean): Html {
  const shown = [...repository.deployments.values()].filter(({ sha }) => isShown(sha)).toReversed();
  return html`<section>
    <h2>Deployments</h2>
    <ul>
      ${shown.map(
        (each) =>
          html`<li>
            ${each.environment} <code>${each.sha.slice(0, 7)}</code>
            <span class="state">${stateOf(each)}</span>
            ${link(each.statuses.at(-1)?.environmentUrl ?? null, 'View deployment')}
          </li>`,
      )}
    </ul>
  </section>`;
}

const wordOf = ({ state, isDraft, mergedAt }: PullRequest) => {
  if (mergedAt !== null) return 'merged';
  return isDraft && state === 'open' ? 'draft' : state;
};

export function pullPage(pull: PullRequest): Html {
  const { repository, number } = pull;
  const name = fullNameOf(repository);
  const comments = [...repository.comments.values()].filter((each) => each.number === number);
  return layout(
    `${pull.title} #${number}`,
    html`<p>
        <a href="/${name}">${name}</a> · <span class="state">${wordOf(pull)}</span> · ${pull.user.login} wants
        to merge <code>${pull.headOwner.login}:${pull.headRef}</code> into <code>${pull.baseRef}</code>
      </p>
      <p>
        Head commit <a href="/${name}/commit/${pull.headSha}"><code>${pull.headSha.slice(0, 7)}</code></a>
      </p>
      <pre>${pull.body ?? ''}</pre>
      ${comments.map(commentArticle)} ${statusesSection(repository, pull.headSha)}
      ${deploymentsSection(repository, (sha) => sha === pull.headSha)}`,
  );
}

function commentArticle(comment: Comment): Html {
  return html`<article id="issuecomment-${comment.id}">
    <h2>${comment.user.login}${comment.viaApp === null ? '' : ' (App)'}</h2>
    <pre>${comment.body}</pre>
    <p>${comment.createdAt === comment.updatedAt ? comment.createdAt : `edited ${comment.updatedAt}`}</p>
  </article>`;
}

export function manifestPage(
  manifest: string,
  state: string,
  owner: string,
  problems: readonly string[],
): Html {
  if (problems.length > 0) {
    return layout(
      'Invalid GitHub App configuration',
      html`<p>The configuration does not appear to be a valid GitHub App manifest.</p>
        <ul>
          ${problems.map((each) => html`<li>Error ${each}</li>`)}
        </ul>`,
    );
  }
  return layout(
    'Create GitHub App',
    html`<form method="post" action="/settings/apps">
      <input type="hidden" name="manifest" value="${manifest}" />
      <input type="hidden" name="state" value="${state}" />
      <input type="hidden" name="owner" value="${owner}" />
      <label>GitHub App name <input name="name" value="${nameIn(manifest)}" required maxlength="34" /></label>
      <button>Create GitHub App for ${owner}</button>
    </form>`,
  );
}

function nameIn(manifest: string): string {
  return (JSON.parse(manifest) as { name?: string }).name ?? '';
}

/** Where a person brings a manifest by hand. */
export function newAppPage(): Html {
  return layout(
    'Register new GitHub App',
    html`<form method="post" action="/settings/apps/new">
      <label>Manifest <textarea name="manifest" rows="12" cols="60" required></textarea></label>
      <button>Continue</button>
    </form>`,
  );
}

export function installPage(app: App, logins: readonly string[]): Html {
  return layout(
    `Install ${app.name}`,
    html`<form method="post">
      <label
        >Account
        <select name="account">
          ${logins.map((login) => html`<option>${login}</option>`)}
        </select>
      </label>
      <button>Install</button>
    </form>`,
  );
}

export function authorizePage(app: App, login: string, query: string): Html {
  return layout(
    `Authorize ${app.name}`,
    html`<p>${app.name} wants to know that you are ${login}.</p>
      <form method="post" action="/login/oauth/authorize?${query}">
        <button name="answer" value="yes">Authorize</button>
        <button name="answer" value="no">Cancel</button>
      </form>`,
  );
}
