import type { DeploymentSource, DeploymentStatus } from './words.ts';

/** What decides, besides its status, what there is to say about a deployment. */
export interface StatusSituation {
  readonly status: DeploymentStatus;
  /** Nobody builds what is uploaded, and nobody here has it to upload it again. */
  readonly source?: DeploymentSource;
  readonly cancelRequested: boolean;
  /** Its artifact is complete: only its hosts have to move. */
  readonly isPublished: boolean;
  /** While it is queued: deployments that get a builder before it, and builds that run now. */
  readonly queue: { readonly before: number; readonly running: number } | null;
  /** From 1; 0 while none has begun. */
  readonly attempt: number;
  /** False where the machine that builds has none: no fork's code is built there. */
  readonly hasSandbox?: boolean;
}

export interface StatusExplanation {
  /** What is happening, or has happened. */
  readonly says: string;
  /** What somebody could do; null where there is nothing to do. */
  readonly next: string | null;
}

/** A status in words. Why a deployment failed is said by its reason: see explain-failure.ts. */
export function explainStatus(situation: StatusSituation): StatusExplanation {
  if (situation.cancelRequested && !isOver(situation.status)) {
    return say('It is being canceled: its builder ends what runs and sends the rest of the log.');
  }
  return (situation.source === 'upload' ? explainUpload(situation) : undefined) ?? explainBuild(situation);
}

/** Undefined where there is nothing to say of an upload alone. */
function explainUpload({ status, isPublished }: StatusSituation): StatusExplanation | undefined {
  switch (status) {
    case 'launching':
      return say('Its uploader has not begun yet.');
    case 'building':
      return isPublished ? undefined : say('Its files are being uploaded.');
    case 'ready':
      return say('It was uploaded and published.');
    case 'canceled':
      return say(
        'It was canceled before all of it was here, so no address was moved to it.',
        'Upload the folder again.',
      );
    case 'queued':
    case 'failed':
    case 'superseded':
    case 'blocked':
    case 'skipped':
      return undefined;
  }
}

function explainBuild(situation: StatusSituation): StatusExplanation {
  switch (situation.status) {
    case 'queued':
      return say(sayQueue(situation));
    case 'launching':
      return say('A builder is starting. The log begins when it asks for its work.');
    case 'building':
      return say(
        situation.isPublished
          ? 'The output is complete: its addresses are being moved to it.'
          : sayBuilding(situation),
      );
    case 'ready':
      return say('It was built and published.');
    case 'failed':
      return say('It failed, so no address was moved to it: what was served before still is.');
    case 'canceled':
      return say(
        'It was canceled before it was done, so no address was moved to it.',
        'Redeploy to build this commit after all.',
      );
    case 'superseded':
      return say(
        'A newer deployment of the same branch was asked for before this one had begun, so it was never built.',
        'Redeploy to build this commit after all.',
      );
    case 'blocked':
      return say(
        'It comes from a fork, whose code nobody here has looked at, and waits for somebody to allow its build.',
        situation.hasSandbox === false
          ? 'It can’t be approved here: this machine has no sandbox, without which it could read what other builds leave on it. docs/builds.md says how to get one.'
          : 'Read the change first: its build runs on this machine. Cancel it if it should not run.',
      );
    case 'skipped':
      return say(
        'Nothing was built, because the commit’s message or the paths that it changes ask for that.',
        'Redeploy to build it after all.',
      );
  }
}

const isOver = (status: DeploymentStatus): boolean =>
  !['queued', 'launching', 'building', 'blocked'].includes(status);

function say(says: string, next: string | null = null): StatusExplanation {
  return { says, next };
}

function sayBuilding({ attempt }: StatusSituation): string {
  return attempt > 1 ? `The build runs: attempt ${attempt}, after one that was lost.` : 'The build runs.';
}

function sayQueue({ queue, attempt }: StatusSituation): string {
  const again = attempt > 0 ? 'It waits for another attempt. ' : '';
  if (queue === null) return `${again}It waits for a builder.`;
  const { before, running } = queue;
  if (before === 0 && running === 0) return `${again}It starts in a moment.`;
  const ahead =
    before === 0 ? 'It is the next to start' : `${count(before, 'deployment')} will start before it`;
  return `${again}${ahead}; ${count(running, 'build')} ${running === 1 ? 'runs' : 'run'} now.`;
}

function count(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`;
}
