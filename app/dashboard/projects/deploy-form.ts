import { html } from 'hono/html';
import type { Html } from '../html.ts';
import { type FilledForm, renderField } from '../parts/field.ts';
import { hostOf } from './project-card.ts';

interface Deployable {
  readonly slug: string;
  readonly gitUrl: string | null;
  readonly productionBranch: string;
  readonly mayManage: boolean;
}

/** How to get the next deployment: a form, or the command that uploads. */
export function renderDeployForm(project: Deployable, form: FilledForm): Html {
  const { slug, gitUrl, productionBranch } = project;
  if (gitUrl === null) return renderUploadHelp(project);
  return html`<h2 id="deploy">Deploy</h2>
    <p class="faint">From ${renderRepository(gitUrl)}</p>
    <form method="post" action="/projects/${slug}/deployments">
      ${renderField(
        {
          name: 'ref',
          label: 'Branch, tag or commit',
          hint: html`Empty: <code>${productionBranch}</code>, the production branch. A tag or commit gets an
            address of its own only.`,
          more: html`placeholder="${productionBranch}"`,
        },
        form,
      )}
      <button class="primary">Deploy</button>
    </form>`;
}

function renderUploadHelp({ slug, mayManage }: Deployable): Html {
  return html`<h2 id="deploy">Deploy</h2>
    <p>
      This project has no repository: its sites are uploaded. In a terminal, with the folder of the built
      site:
    </p>
    <p><code>npx offshoot deploy &lt;folder&gt; --project ${slug}</code></p>
    ${mayManage ? renderUrlHelp(slug) : ''}`;
}

function renderUrlHelp(slug: string): Html {
  return html`<p class="faint">
    To build it from a repository, give it a Git URL in its
    <a href="/projects/${slug}/settings">settings</a>.
  </p>`;
}

/** Only what a browser can open is a link. */
function renderRepository(gitUrl: string): Html {
  if (!/^https?:\/\//.test(gitUrl)) return html`<code>${gitUrl}</code>`;
  return html`<a href="${gitUrl}">${hostOf(gitUrl)}</a>`;
}
