import { startGitServer } from '../test/support/git-server.ts';
import { startOffshoot, type Deployment, type Offshoot } from '../test/support/offshoot.ts';

const RUNS = 7;
const FILES = 100;
const INSTALL_AND_BUILD = new Set(['install', 'build']);

/**
 * Time from the request to live, outside the user's own install and build commands, for a 100-file site. The first
 * run is cold; `overheadMs` is the median of runs in which every file is new. The peer is what no deployer can
 * undercut: `git clone` of the same repository, which the `checkout` phase contains.
 */
export default async function benchPublish(): Promise<Record<string, number>> {
  const git = await startGitServer();
  const offshoot = await startOffshoot();
  try {
    const { repository, url } = git.createRepository('bench', siteOf(0));
    const project = await offshoot.createProject({ gitUrl: url });
    const cold = await measure(offshoot, project.slug);
    const runs: Run[] = [];
    for (let run = 1; run <= RUNS; run += 1) {
      repository.commit(siteOf(run));
      runs.push(await measure(offshoot, project.slug));
    }
    const warm = await measure(offshoot, project.slug);
    const of = (pick: (run: Run) => number) => median(runs.map(pick));
    return {
      overheadMs: of((run) => run.overheadMs),
      overheadColdMs: cold.overheadMs,
      overheadUnchangedMs: warm.overheadMs,
      requestToClaimMs: of((run) => run.requestToClaimMs),
      checkoutMs: of((run) => run.checkoutMs),
      publishMs: of((run) => run.publishMs),
      betweenPhasesMs: of((run) => run.betweenPhasesMs),
      completeToLiveMs: of((run) => run.completeToLiveMs),
    };
  } finally {
    await offshoot.dispose();
    await git.close();
  }
}

interface Run {
  readonly overheadMs: number;
  readonly requestToClaimMs: number;
  readonly checkoutMs: number;
  readonly publishMs: number;
  readonly betweenPhasesMs: number;
  readonly completeToLiveMs: number;
}

async function measure(offshoot: Offshoot, slug: string): Promise<Run> {
  const requestedAt = Date.now();
  const { id } = await offshoot.deploy(slug);
  const ended = await offshoot.waitForEnd(id);
  if (ended.status !== 'ready') throw new Error(`deployment ${id}: ${ended.status}: ${ended.message}`);
  const liveAt = Date.now();
  return runOf(ended, requestedAt, liveAt);
}

function runOf({ phases }: Deployment, requestedAt: number, liveAt: number): Run {
  const lengthOf = (wanted: string) => sum(phases.filter(({ phase }) => phase === wanted).map(length));
  const firstAt = phases[0]?.startedAt ?? requestedAt;
  const lastAt = phases.at(-1)?.endedAt ?? liveAt;
  const usersOwn = sum(phases.filter(({ phase }) => INSTALL_AND_BUILD.has(phase)).map(length));
  return {
    overheadMs: liveAt - requestedAt - usersOwn,
    requestToClaimMs: firstAt - requestedAt,
    checkoutMs: lengthOf('checkout'),
    publishMs: lengthOf('publish'),
    betweenPhasesMs: lastAt - firstAt - sum(phases.map(length)),
    completeToLiveMs: liveAt - lastAt,
  };
}

/** A static site of FILES pages of about 4 KB each, all different in each version. */
function siteOf(version: number): Record<string, string> {
  const page = (number: number) =>
    `<!doctype html>\n<title>${number}</title>\n` +
    Array.from(
      { length: 60 },
      (_, line) => `<p>Version ${version}, page ${number}, line ${line * 7919}</p>\n`,
    ).join('');
  return Object.fromEntries(
    Array.from({ length: FILES }, (_, number) => [
      number === 0 ? 'index.html' : `page-${number}.html`,
      page(number),
    ]),
  );
}

const length = ({ startedAt, endedAt }: { startedAt: number; endedAt: number | null }) =>
  (endedAt ?? startedAt) - startedAt;
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
