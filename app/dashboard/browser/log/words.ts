import type { LogResult, SourceState } from './source.ts';

const PHASE_NAMES: Readonly<Record<string, string>> = {
  checkout: 'Checkout',
  install: 'Install',
  build: 'Build',
  publish: 'Publish',
  deploy: 'Offshoot',
};

/** A phase as people read it; with its attempt where there are several. */
export function namePhase(phase: string, attempt: number | undefined): string {
  const name = PHASE_NAMES[phase] ?? phase;
  return attempt === undefined ? name : `Attempt ${attempt}: ${name}`;
}

export interface StateWords {
  readonly look: 'ready' | 'busy' | 'failed' | 'idle';
  readonly text: string;
}

const ENDS: Readonly<Record<string, StateWords>> = {
  ready: { look: 'ready', text: 'Ready' },
  failed: { look: 'failed', text: 'Failed' },
  canceled: { look: 'idle', text: 'Canceled' },
  superseded: { look: 'idle', text: 'Superseded' },
  skipped: { look: 'idle', text: 'Skipped' },
};

/** What the viewer says of the log's state, in few words: screen readers say each change. */
export function formatState(state: SourceState): StateWords {
  switch (state.kind) {
    case 'loading':
      return { look: 'busy', text: 'Loading…' };
    case 'live':
      return { look: 'busy', text: 'Live' };
    case 'reconnecting':
      return { look: 'busy', text: 'Connection lost, reconnecting…' };
    case 'delayed':
      return { look: 'busy', text: 'Delayed: the log’s store is out of reach. No line is lost.' };
    case 'gone':
      return { look: 'idle', text: 'This deployment was deleted.' };
    case 'signed-out':
      return { look: 'failed', text: 'You are signed out. Reload the page to go on.' };
    case 'ended':
      return formatEnd(state.result);
  }
}

function formatEnd({ status, complete, missing }: LogResult): StateWords {
  const { look, text } = ENDS[status] ?? { look: 'idle', text: status };
  const whole = complete ? 'log complete' : `${formatCount(missing ?? 0)} of the log missing`;
  return { look: complete ? look : 'busy', text: `${text} · ${whole}` };
}

export function formatCount(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'line' : 'lines'}`;
}
