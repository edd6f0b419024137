import { html } from 'hono/html';
import type { Html } from '../html.ts';

/** A text to take along, in a field that selects it whole; with a button that copies it where scripts run. */
export function renderCopyField(id: string, label: string, value: string): Html {
  return html`<div class="field">
    <label for="${id}">${label}</label>
    <div class="copy">
      <input id="${id}" class="mono" value="${value}" readonly autocomplete="off" spellcheck="false" />
      <button type="button" data-copy="${id}" aria-live="polite" hidden>Copy</button>
    </div>
  </div>`;
}
