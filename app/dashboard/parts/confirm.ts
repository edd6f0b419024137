import { html } from 'hono/html';
import type { Html } from '../html.ts';

/** One thing that somebody may do, and what they are told before it happens. */
export interface Confirm {
  /** Of the popover; unique on the page. */
  readonly id: string;
  /** What the button on the page says. */
  readonly button: string | Html;
  /** The question, as the popover's heading: "Promote this deployment?" */
  readonly title: string;
  /** What will move or happen, in a sentence or more. Text is escaped. */
  readonly body: string | Html;
  /** Where the form posts to. */
  readonly action: string;
  /** What the button that does it says: the same verb as the question, never "OK". */
  readonly confirm: string;
  /** What the button that does nothing says; "Cancel" would be unclear where something is canceled. */
  readonly keep?: string;
  readonly look?: 'plain' | 'primary' | 'danger';
  /** More of the form: hidden values, or a name to type. */
  readonly fields?: Html;
}

/**
 * A button that asks before it acts. The popover is the browser's own (opened and closed by attributes), so it works
 * without JavaScript, closes with Escape or a click beside it, and gives the focus back to its button.
 *
 * The popover itself takes the focus when it opens: a screen reader then reads the question and what will happen, and
 * a second Enter, or one that is held down, confirms nothing.
 *
 * The button has an id, so that a page that is brought up to date never makes another one of it under somebody's hands.
 */
export function renderConfirm(options: Confirm): Html {
  const { id, button, title, body, action, confirm, keep = 'Cancel', look = 'plain', fields = '' } = options;
  return html`<button type="button" class="${BUTTON_LOOKS[look]}" popovertarget="${id}" id="${id}-button">
      ${button}
    </button>
    <div
      popover
      id="${id}"
      role="dialog"
      aria-labelledby="${id}-title"
      aria-describedby="${id}-body"
      tabindex="-1"
      autofocus
    >
      <form method="post" action="${action}">
        <h2 id="${id}-title">${title}</h2>
        <div id="${id}-body">${typeof body === 'string' ? html`<p>${body}</p>` : body}</div>
        ${fields}
        <div class="actions">
          <button type="button" popovertarget="${id}" popovertargetaction="hide">${keep}</button>
          <button class="${look === 'danger' ? 'danger primary' : 'primary'}">${confirm}</button>
        </div>
      </form>
    </div>`;
}

const BUTTON_LOOKS = { plain: '', primary: 'primary', danger: 'danger' } as const;
