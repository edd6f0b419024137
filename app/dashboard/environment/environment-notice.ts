import { html } from 'hono/html';
import type { Html } from '../html.ts';

/** What came of a form. It is named in the address of the page that follows it, so only these can be said. */
const NOTICES = {
  set: {
    look: 'ready',
    words: 'It is kept. Builds that start from now on get it; redeploy what should have it sooner.',
  },
  imported: {
    look: 'ready',
    words: 'All variables of the file are kept. Builds that start from now on get them.',
  },
  deleted: {
    look: 'ready',
    words: 'The variable is deleted. What was built with it stays as it is.',
  },
  gone: { look: 'failed', words: 'That is not there any more: somebody else has deleted it.' },
} as const satisfies Record<string, { readonly look: string; readonly words: string }>;
type NoticeName = keyof typeof NOTICES;

/** Nothing for what is no notice: anybody can write an address. */
export function renderEnvironmentNotice(name: string | undefined): Html | '' {
  if (name === undefined || !Object.hasOwn(NOTICES, name)) return '';
  const { look, words } = NOTICES[name as NoticeName];
  return html`<p class="notice ${look}" role="${look === 'failed' ? 'alert' : 'status'}">${words}</p>`;
}

export function environmentPath(slug: string, notice?: NoticeName): string {
  return `/projects/${slug}/environment${notice === undefined ? '' : `?notice=${notice}`}`;
}
