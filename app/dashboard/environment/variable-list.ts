import { html } from 'hono/html';
import type { Html } from '../html.ts';
import { renderConfirm } from '../parts/confirm.ts';
import { renderTime } from '../parts/time.ts';
import type { EnvironmentData, VariableLine } from './environment-data.ts';
import { environmentPath } from './environment-notice.ts';
import { renderPlace } from './variable-place.ts';

/** The variables of a project, without their values. */
export function renderVariableList({ variables, head }: EnvironmentData, now: number): Html | '' {
  if (variables.length === 0) return '';
  return html`<ul class="hooks card flush">
    ${variables.map((variable) => renderVariable(variable, head.slug, now))}
  </ul>`;
}

function renderVariable(variable: VariableLine, slug: string, now: number): Html {
  const { id, name, updatedAt } = variable;
  const path = environmentPath(slug);
  return html`<li id="variable-${id}">
    <div class="grow">
      <b><code>${name}</code></b>
      <div class="faint">${renderPlace(variable)}, set ${renderTime(updatedAt, now)}</div>
    </div>
    <div class="actions">
      <a class="button" href="${path}?replace=${id}#new-variable">
        Replace<span class="unseen"> ${name} (${renderPlace(variable)})</span>
      </a>
      ${renderConfirm({
        id: `delete-variable-${id}`,
        button: html`Delete<span class="unseen"> ${name} (${renderPlace(variable)})</span>`,
        title: 'Delete this variable?',
        body: html`<p>
          Builds that start from then on do not get <code>${name}</code> (${renderPlace(variable)}) any more.
          Its value is lost: nobody can read it.
        </p>`,
        action: `${path}/${id}/delete`,
        confirm: 'Delete variable',
        look: 'danger',
      })}
    </div>
  </li>`;
}
