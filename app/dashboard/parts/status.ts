import { html } from 'hono/html';
import type { AliasState, DeploymentStatus } from '../../domain/words.ts';
import type { Html } from '../html.ts';
import type { IconState } from '../layout.ts';

interface Shown {
  readonly words: string;
  readonly look: Exclude<IconState, 'plain'> | 'idle';
}

const STATUSES: Record<DeploymentStatus, Shown> = {
  queued: { words: 'Queued', look: 'busy' },
  launching: { words: 'Starting', look: 'busy' },
  building: { words: 'Building', look: 'busy' },
  ready: { words: 'Ready', look: 'ready' },
  failed: { words: 'Failed', look: 'failed' },
  canceled: { words: 'Canceled', look: 'idle' },
  superseded: { words: 'Superseded', look: 'idle' },
  blocked: { words: 'Needs approval', look: 'busy' },
  skipped: { words: 'Skipped', look: 'idle' },
};

const ALIAS_STATES: Record<AliasState, Shown> = {
  live: { words: 'Live', look: 'ready' },
  waiting: { words: 'First build', look: 'busy' },
  failed: { words: 'First build failed', look: 'failed' },
  blocked: { words: 'Needs approval', look: 'busy' },
  gone: { words: 'Nothing served', look: 'idle' },
};

export function renderStatus(status: DeploymentStatus): Html {
  return renderBadge(STATUSES[status]);
}

export function renderAliasState(state: AliasState): Html {
  return renderBadge(ALIAS_STATES[state]);
}

export function wordsOf(status: DeploymentStatus): string {
  return STATUSES[status].words;
}

/** What the page's icon shows of a deployment. */
export function iconOf(status: DeploymentStatus): IconState {
  const { look } = STATUSES[status];
  return look === 'idle' ? 'plain' : look;
}

function renderBadge({ words, look }: Shown): Html {
  return html`<span class="badge ${look}">${words}</span>`;
}
