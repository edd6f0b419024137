import { html } from 'hono/html';
import type { FormText, Mistakes } from '../form.ts';
import type { Html } from '../html.ts';

/** A form as it was sent: what was typed and what is wrong with it. */
export interface FilledForm {
  readonly typed: FormText;
  readonly mistakes: Mistakes;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  /** What it is for, and what it means to leave it empty. */
  readonly hint?: string | Html;
  /** More of the input: its type, a placeholder, whether it is required. */
  readonly more?: Html;
}

/** One line to fill in, with what is wrong with it. The first wrong one has the focus. */
export function renderField({ name, label, hint, more = html`` }: Field, form: FilledForm): Html {
  const mistake = form.mistakes[name];
  const describedBy = [hint && `${name}-hint`, mistake && `${name}-mistake`].filter(Boolean).join(' ');
  const isFirst = Object.keys(form.mistakes)[0] === name;
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint === undefined ? '' : html`<span class="hint" id="${name}-hint">${hint}</span>`}
    <input
      id="${name}"
      name="${name}"
      value="${form.typed[name] ?? ''}"
      ${describedBy === '' ? '' : html`aria-describedby="${describedBy}"`}
      ${mistake === undefined ? '' : html`aria-invalid="true"`}
      ${isFirst ? html`autofocus` : ''}
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      ${more}
    />
    ${mistake === undefined ? '' : html`<span class="wrong" id="${name}-mistake">${mistake}</span>`}
  </div>`;
}

/** A box to tick. */
export function renderCheck({ name, label, hint }: Omit<Field, 'more'>, { typed }: FilledForm): Html {
  return html`<div class="check">
    <input
      type="checkbox"
      id="${name}"
      name="${name}"
      value="yes"
      ${typed[name] === undefined ? '' : html`checked`}
      ${hint === undefined ? '' : html`aria-describedby="${name}-hint"`}
    />
    <label for="${name}">${label}</label>
    ${hint === undefined ? '' : html`<span class="hint" id="${name}-hint">${hint}</span>`}
  </div>`;
}

/** Told above a form that was refused: whoever does not see the fields hears of them. */
export function renderRefusal({ mistakes }: FilledForm, what: string): Html | '' {
  const count = Object.keys(mistakes).length;
  if (count === 0) return '';
  return html`<p class="notice failed" role="alert">
    ${what} ${count === 1 ? 'One field needs' : `${count} fields need`} another look.
  </p>`;
}
