import { html } from 'hono/html';
import type { Html } from '../html.ts';

interface Notice {
  readonly look: 'ready' | 'busy' | 'failed';
  readonly words: string;
}

/** What came of an action. It is named in the address of the page that follows it, so only these can be said. */
const NOTICES = {
  approved: { look: 'ready', words: 'The commit is approved: its build is queued.' },
  'no-sandbox': {
    look: 'failed',
    words:
      'This machine has no sandbox, without which a fork’s build could read what others leave on it: nothing was approved. docs/builds.md says how to get one.',
  },
  'not-approved': {
    look: 'failed',
    words:
      'Nothing was approved: it was approved already, its pull request is closed or has a newer commit, or it is no fork’s.',
  },
  'not-trusted': {
    look: 'failed',
    words:
      'It was built of a fork’s code, which production never shows: merge the pull request. Production was not moved.',
  },
  canceled: { look: 'ready', words: 'The deployment is canceled.' },
  canceling: { look: 'busy', words: 'Its builder is being told to stop. That takes a few seconds.' },
  'not-cancelable': {
    look: 'failed',
    words: 'It was too late to cancel: the deployment had ended, or was going live at that moment.',
  },
  redeployed: {
    look: 'ready',
    words: 'This is the new deployment: the same commit, with the same settings.',
  },
  'not-rebuildable': {
    look: 'failed',
    words:
      'Its folder was uploaded, so there is nothing to build again. Upload it anew, or promote this deployment.',
  },
  promoted: { look: 'ready', words: 'Production shows this deployment now.' },
  'not-ready': {
    look: 'failed',
    words: 'Only a deployment that is ready can be served: production was not moved.',
  },
  'moved-meanwhile': {
    look: 'failed',
    words:
      'Production has moved since you looked, so it was left as it is. See below what it shows now, and decide anew.',
  },
  pinned: { look: 'ready', words: 'The deployment is pinned: it stays until it is unpinned.' },
  unpinned: { look: 'ready', words: 'The deployment is no longer pinned.' },
} as const satisfies Record<string, Notice>;
export type NoticeName = keyof typeof NOTICES;

export function noticePath(deploymentId: string, name: NoticeName): string {
  return `/deployments/${deploymentId}?notice=${name}`;
}

/** Nothing for what is no notice: anybody can write an address. */
export function renderNotice(name: string | undefined): Html | '' {
  if (name === undefined || !Object.hasOwn(NOTICES, name)) return '';
  const { look, words } = NOTICES[name as NoticeName];
  return html`<p class="notice ${look}" role="${look === 'failed' ? 'alert' : 'status'}">${words}</p>`;
}
