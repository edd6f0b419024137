import { formatBytes, formatCount } from '../../publish/format.ts';
import type { Deployment } from '../server/answers.ts';
import type { Style } from './colours.ts';
import { plainText } from './terminal-text.ts';
import { formatElapsed } from './words.ts';

const SHORT_COMMIT_LENGTH = 7;

interface StatusLook {
  /** State is never told by colour alone. */
  readonly mark: string;
  readonly style: Style;
}

const BUSY: StatusLook = { mark: '●', style: 'yellow' };
const OVER: StatusLook = { mark: '○', style: 'dim' };
const LOOKS: Readonly<Record<string, StatusLook>> = {
  ready: { mark: '✓', style: 'green' },
  failed: { mark: '✗', style: 'red' },
  queued: BUSY,
  launching: BUSY,
  building: BUSY,
  blocked: { mark: '!', style: 'yellow' },
};

export function lookOf(status: string): StatusLook {
  return LOOKS[status] ?? OVER;
}

/** `main 1a2b3c4 Subject of the commit`, as far as it is known. */
export function describeSource({ ref, refKind, commit, commitSubject }: Deployment): string {
  const named = refKind === 'pull-request' ? `#${ref}` : ref;
  const name = refKind === 'commit' ? '' : named;
  const parts = [name, commit?.slice(0, SHORT_COMMIT_LENGTH) ?? '', commitSubject ?? ''];
  return plainText(parts.filter((part) => part !== '').join(' '));
}

/** How long it took, or has taken so far. */
export function elapsedOf({ createdAt, startedAt, finishedAt }: Deployment, now: number): number {
  return Math.max(0, (finishedAt ?? now) - (startedAt ?? createdAt));
}

/** `12 files, 340 KB`; undefined when nothing was published. */
export function describeOutput({ fileCount, outputBytes }: Deployment): string | undefined {
  if (fileCount === null || outputBytes === null) return undefined;
  return `${formatCount(fileCount, 'file')}, ${formatBytes(outputBytes)}`;
}

/** `Ready in 4.2 s: 12 files, 340 KB`, `Failed after 3.1 s in build: build_failed`. */
export function describeEnd(deployment: Deployment, now: number): string {
  const { status, reason, phases } = deployment;
  const took = formatElapsed(elapsedOf(deployment, now));
  if (status === 'ready') return [`Ready in ${took}`, describeOutput(deployment)].filter(Boolean).join(': ');
  const word = status.slice(0, 1).toUpperCase() + status.slice(1);
  if (status !== 'failed') return `${word} after ${took}`;
  const phase = phases.at(-1)?.phase;
  return `${word} after ${took}${phase === undefined ? '' : ` in ${phase}`}: ${reason ?? 'unknown'}`;
}
