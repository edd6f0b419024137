import { html } from 'hono/html';
import type { Html } from '../html.ts';
import type { HookLine, NotificationsData } from './notifications-data.ts';
import { renderConfirm } from '../parts/confirm.ts';
import { type FilledForm, renderField, renderRefusal } from '../parts/field.ts';
import { renderTime } from '../parts/time.ts';

/** The deploy hooks of a project, and the form that makes another one. */
export function renderDeployHooks(data: NotificationsData, form: FilledForm, now: number): Html {
  return html`<section aria-labelledby="hooks">
    <h2 id="hooks">Deploy hooks</h2>
    <p class="faint">
      A secret URL that deploys a branch when something POSTs to it: a CMS after “publish”, a timer, another
      pipeline.
    </p>
    <div data-region="hooks">${renderHooks(data, now)}</div>
    ${data.hasRepository ? renderHookForm(data, form) : renderNoRepository(data)}
  </section>`;
}

function renderHooks({ hooks, head }: NotificationsData, now: number): Html | '' {
  if (hooks.length === 0) return '';
  return html`<ul class="hooks card flush">
    ${hooks.map((hook) => renderHook(hook, head.slug, now))}
  </ul>`;
}

function renderHook({ id, name, branch, createdAt, lastUsedAt }: HookLine, slug: string, now: number): Html {
  const used = lastUsedAt === null ? 'never called' : html`called ${renderTime(lastUsedAt, now)}`;
  return html`<li id="hook-${id}">
    <div class="grow">
      <b><bdi>${name}</bdi></b> <span class="faint">deploys <bdi class="ref">${branch}</bdi></span>
      <div class="faint">${used}, made ${renderTime(createdAt, now)}</div>
    </div>
    <div class="actions">
      ${renderConfirm({
        id: `delete-hook-${id}`,
        button: html`Delete<span class="unseen"> ${name}</span>`,
        title: 'Delete this deploy hook?',
        body: html`<p>
          Whatever calls it as <bdi>${name}</bdi> gets “not found” from then on. What it has deployed stays.
        </p>`,
        action: `/projects/${slug}/notifications/deploy-hooks/${id}/delete`,
        confirm: 'Delete deploy hook',
        look: 'danger',
      })}
    </div>
  </li>`;
}

function renderHookForm({ head, productionBranch, hooks }: NotificationsData, form: FilledForm): Html {
  const isOpen = Object.keys(form.typed).length > 0 || hooks.length === 0;
  return html`${renderRefusal(form, 'No deploy hook was made.')}
    <details class="card form" id="new-hook" ${isOpen ? html`open` : ''}>
      <summary>New deploy hook</summary>
      <form method="post" action="/projects/${head.slug}/notifications/deploy-hooks">
        ${renderField(
          {
            name: 'name',
            label: 'Name',
            hint: 'What will call it. Its deployments say so.',
            more: html`required placeholder="Contentful"`,
          },
          form,
        )}
        ${renderField(
          {
            name: 'branch',
            label: 'Branch',
            hint: html`Empty: <bdi><code>${productionBranch}</code></bdi
              >, the production branch.`,
            more: html`placeholder="${productionBranch}"`,
          },
          form,
        )}
        <button class="primary">Make deploy hook</button>
      </form>
    </details>`;
}

function renderNoRepository({ head }: NotificationsData): Html {
  return html`<p class="empty card">
    This project has no repository that a hook could deploy from: its folders are uploaded. Give it a Git URL
    in its <a href="/projects/${head.slug}/settings">settings</a>.
  </p>`;
}
