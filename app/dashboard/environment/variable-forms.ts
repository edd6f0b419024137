import { html } from 'hono/html';
import type { Html } from '../html.ts';
import { type FilledForm, renderField, renderRefusal } from '../parts/field.ts';
import type { EnvironmentData } from './environment-data.ts';
import { environmentPath } from './environment-notice.ts';
import { renderPlaceFields, typePlace } from './variable-place.ts';

/** Fields of the import have names of their own: both forms stand on one page. */
export const IMPORT_PREFIX = 'import-';

/** The form that adds a variable, or gives one that is there another value. */
export function renderVariableForm({ head, variables, replaced }: EnvironmentData, form: FilledForm): Html {
  const isTyped = Object.keys(form.typed).length > 0;
  const isOpen = isTyped || replaced !== null || variables.length === 0;
  const filled =
    isTyped || replaced === null
      ? form
      : { ...form, typed: { name: replaced.name, ...typePlace('', replaced) } };
  return html`${renderRefusal(form, 'Nothing was kept.')}
    <details class="card form" id="new-variable" ${isOpen ? html`open` : ''}>
      <summary>${replaced === null ? 'Add a variable' : 'Replace a value'}</summary>
      <form method="post" action="${environmentPath(head.slug)}">
        ${renderField(
          {
            name: 'name',
            label: 'Name',
            hint: 'One that is there in the same place gets the new value.',
            more: html`class="mono" required placeholder="CMS_TOKEN"`,
          },
          filled,
        )}
        ${renderSecretArea(
          {
            name: 'value',
            label: 'Value',
            hint: 'Kept encrypted, and never shown again. Several lines are fine.',
          },
          filled,
        )}
        ${renderPlaceFields('', filled)}
        <button class="primary">Keep variable</button>
      </form>
    </details>`;
}

/** The form that takes a whole `.env` file. */
export function renderImportForm({ head }: EnvironmentData, form: FilledForm): Html {
  const isOpen = Object.keys(form.typed).length > 0;
  return html`${renderRefusal(form, 'Nothing of the file was kept.')}
    <details class="card form" id="import" ${isOpen ? html`open` : ''}>
      <summary>Paste a .env file</summary>
      <form method="post" action="${environmentPath(head.slug)}/import">
        ${renderSecretArea(
          {
            name: `${IMPORT_PREFIX}text`,
            label: 'Its text',
            hint: html`<code>NAME=value</code>, a line each. All are kept, or none; other variables stay.`,
          },
          form,
        )}
        ${renderPlaceFields(IMPORT_PREFIX, form)}
        <button class="primary">Keep variables</button>
      </form>
    </details>`;
}

interface SecretArea {
  readonly name: string;
  readonly label: string;
  readonly hint: string | Html;
}

/** Several lines that are never filled in again, also where another field was wrong: they would be on a page then. */
function renderSecretArea({ name, label, hint }: SecretArea, { typed, mistakes }: FilledForm): Html {
  const isLost = (typed[name] ?? '') !== '';
  const again = isLost ? 'Type it again: it is not shown.' : undefined;
  const mistake = mistakes[name] === undefined ? again : [mistakes[name], again].filter(Boolean).join(' ');
  const describedBy = mistake === undefined ? `${name}-hint` : `${name}-hint ${name}-mistake`;
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <span class="hint" id="${name}-hint">${hint}</span>
    <textarea
      id="${name}"
      name="${name}"
      class="mono"
      rows="3"
      aria-describedby="${describedBy}"
      ${mistake === undefined ? '' : html`aria-invalid="true"`}
      ${Object.keys(mistakes)[0] === name ? html`autofocus` : ''}
      required
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
    ></textarea>
    ${mistake === undefined ? '' : html`<span class="wrong" id="${name}-mistake">${mistake}</span>`}
  </div>`;
}
