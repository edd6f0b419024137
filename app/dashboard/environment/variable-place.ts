import { html } from 'hono/html';
import type { VariablePlace } from '../../domain/environment-variables.ts';
import type { FormText, Mistakes } from '../form.ts';
import type { Html } from '../html.ts';
import { type FilledForm, renderField } from '../parts/field.ts';

/** The places of a form, by what it sends. */
const PLACES = {
  all: { label: 'Production and previews', environment: null },
  production: { label: 'Production', environment: 'production' },
  preview: { label: 'Previews', environment: 'preview' },
  branch: { label: 'Previews of one branch', environment: 'preview' },
} as const;
type PlaceName = keyof typeof PLACES;

/** Names of the fields; a page may have several such forms, so `prefix` tells their ids apart. */
export function renderPlaceFields(prefix: string, { typed, mistakes }: FilledForm): Html {
  const place = `${prefix}place`;
  const branch = `${prefix}branch`;
  return html`<div class="field">
      <label for="${place}">Where</label>
      <select id="${place}" name="${place}">
        ${Object.entries(PLACES).map(
          ([name, { label }]) =>
            html`<option value="${name}" ${typed[place] === name ? html`selected` : ''}>${label}</option>`,
        )}
      </select>
    </div>
    ${renderField(
      { name: branch, label: 'Branch', hint: 'For previews of one branch alone; otherwise left empty.' },
      { typed, mistakes },
    )}`;
}

export type ReadPlace =
  | ({ readonly ok: true } & VariablePlace)
  | { readonly ok: false; readonly mistakes: Mistakes };

/** The place that a form names. A branch that would not count is a mistake, not something to forget. */
export function readPlace(prefix: string, typed: FormText): ReadPlace {
  const name = typed[`${prefix}place`] ?? 'all';
  const branch = typed[`${prefix}branch`]?.trim() ?? '';
  const refuse = (words: string): ReadPlace => ({ ok: false, mistakes: { [`${prefix}branch`]: words } });
  if (!Object.hasOwn(PLACES, name)) return refuse('Choose one of the places.');
  if (name === 'branch' && branch === '') return refuse('Name the branch.');
  if (name !== 'branch' && branch !== '')
    return refuse('A branch counts for “Previews of one branch” only: choose that, or leave this empty.');
  const { environment } = PLACES[name as PlaceName];
  return { ok: true, environment, branch: branch === '' ? null : branch };
}

/** What a form is to send for a place that is known. */
export function typePlace(prefix: string, { environment, branch }: VariablePlace): FormText {
  const place = branch === null ? (environment ?? 'all') : 'branch';
  return { [`${prefix}place`]: place, [`${prefix}branch`]: branch ?? '' };
}

/** A place as a list says it. */
export function renderPlace({ environment, branch }: VariablePlace): Html {
  if (branch !== null) return html`Previews of <bdi class="ref">${branch}</bdi>`;
  return html`${PLACES[environment ?? 'all'].label}`;
}
