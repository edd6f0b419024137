import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGitServer } from '../test/support/git-server.ts';
import { startOffshoot, type Deployment, type Offshoot } from '../test/support/offshoot.ts';

const run = promisify(execFile);
const RUNS = 7;
const FILES = 100;
const INSTALL_AND_BUILD = new Set(['install', 'build']);

/**
 * Time from the request to live, outside the user's own install and build commands, for a 100-file site. The first
 * run is cold; `overheadMs` is the median of runs in which every file is new. The peer is the shortest script that
 * a person would write instead, `git clone --depth=1` and `cp -r` (no record, log, sandbox, variants or rollback).
 */
export default async function benchPublish(): Promise<Record<string, number>> {
  const git = await startGitServer();
  const offshoot = await startOffshoot();
  try {
    const { repository, url } = git.createRepository('bench', siteOf(0));
    const project = await offshoot.createProject({ gitUrl: url });
    const cold = await measure(offshoot, project.slug);
    const runs: Run[] = [];
    const peers: number[] = [];
    for (let version = 1; version <= RUNS; version += 1) {
      repository.commit(siteOf(version));
      runs.push(await measure(offshoot, project.slug));
      peers.push(await cloneAndCopy(url));
    }
    const warm = await measure(offshoot, project.slug);
    const of = (pick: (run: Run) => number) => median(runs.map(pick));
    const overheadMs = of((run) => run.overheadMs);
    return {
      overheadMs,
      cloneAndCopyMs: median(peers),
      ratioToCloneAndCopy: overheadMs / median(peers),
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

/** Milliseconds. */
async function cloneAndCopy(url: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'offshoot-bench-'));
  const startedAt = performance.now();
  await run('git', ['clone', '--quiet', '--depth=1', url, join(folder, 'source')]);
  await run('cp', ['-r', join(folder, 'source'), join(folder, 'site')]);
  const tookMs = performance.now() - startedAt;
  await rm(folder, { recursive: true });
  return tookMs;
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
