import { eq, inArray } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openReportRoom, type ReportRoom, type ReportShop } from '../../../test/support/report-room.ts';
import type { PullRequest } from '../../../test/support/github/state.ts';
import type { DeploymentRow } from '../../db/deployments.ts';
import { listProjectsOfRepository } from '../../db/github-repositories.ts';
import { findProject } from '../../db/projects.ts';
import { aliases, deployments } from '../../db/schema.ts';
import { parseCommentData } from '../../domain/github/comment-data.ts';
import { cancel } from '../cancel.ts';

const TIMEOUT_MS = 300_000;
const STEPS = 18;
const BRANCHES = ['main', 'one', 'two'];
/** 30 % of all answers. */
const FAULTS = {
  serverError: 0.06,
  lateServerError: 0.04,
  lostReply: 0.06,
  forbidden: 0.05,
  tooMany: 0.05,
  delay: 0.04,
};

let room: ReportRoom;
beforeAll(async () => {
  room = await openReportRoom();
}, TIMEOUT_MS);
afterAll(() => room.dispose());

/** The same numbers for the same seed (mulberry32). */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Pushes, builds, failures, cancels, pull requests that open and close, branches that go. */
async function live(place: ReportShop, draw: (below: number) => number): Promise<PullRequest[]> {
  const pulls = new Map<string, PullRequest>();
  const unfinished = async () => {
    const rows = await readDeployments(place);
    return rows.filter(({ status }) => status === 'queued');
  };
  const pick = async () => {
    const rows = await unfinished();
    return rows[draw(Math.max(1, rows.length))];
  };
  const steps: (() => Promise<unknown>)[] = [
    async () => place.push(BRANCHES[draw(BRANCHES.length)] ?? 'main'),
    async () => place.push(BRANCHES[draw(BRANCHES.length)] ?? 'main'),
    async () => place.push('one', draw(3) === 0 ? 'Words [skip ci]' : 'A change'),
    async () => apply(await pick(), place.build),
    async () => apply(await pick(), place.build),
    async () => apply(await pick(), (row) => place.fail(row, ['one', `boom ${row.id}`])),
    async () => apply(await pick(), ({ id }) => cancel(id, room.room.dependencies)),
    async () => {
      const head = BRANCHES[1 + draw(2)] ?? 'one';
      const open = pulls.get(head);
      if (open !== undefined) {
        pulls.delete(head);
        return place.closePull(open);
      }
      if (place.shop.git.tipOf(head) === undefined) return undefined;
      const pull = await place.openPull(head);
      return pulls.set(head, pull);
    },
    async () => {
      if (draw(2) === 0 || place.shop.git.tipOf('two') === undefined) return undefined;
      const open = pulls.get('two');
      if (open !== undefined) await place.closePull(open);
      pulls.delete('two');
      return place.deleteBranch('two');
    },
  ];
  await place.push('main');
  await place.push('one');
  await place.push('two');
  pulls.set('two', await place.openPull('two'));
  for (let step = 0; step < STEPS; step += 1) {
    await room.clock.sleep(draw(8) * 1000);
    await steps[draw(steps.length)]?.();
  }
  return place.shop.pulls.values().toArray();
}

async function apply(row: DeploymentRow | undefined, act: (row: DeploymentRow) => Promise<unknown>) {
  if (row !== undefined) await act(row);
}

async function readDeployments({ shop }: ReportShop): Promise<DeploymentRow[]> {
  const { db } = room.room;
  const ids = (await listProjectsOfRepository(db, shop.id)).map(({ id }) => id);
  const rows = await db.select().from(deployments).where(inArray(deployments.projectId, ids));
  return rows.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

const COMMIT_STATES = {
  queued: 'pending',
  launching: 'pending',
  building: 'pending',
  blocked: 'pending',
  ready: 'success',
  skipped: 'success',
  failed: 'failure',
  canceled: 'error',
  superseded: 'error',
} as const;

const DEPLOYMENT_STATES = {
  queued: 'queued',
  launching: 'in_progress',
  building: 'in_progress',
  ready: 'success',
  failed: 'failure',
  canceled: 'inactive',
  superseded: 'inactive',
  blocked: undefined,
  skipped: undefined,
} as const;

/** `project commit` → state, of the newest deployment of each. */
async function statusesInDatabase(place: ReportShop) {
  const entries = (await readDeployments(place)).map(
    async (row) => [await nameOf(row), COMMIT_STATES[row.status]] as const,
  );
  return new Map(await Promise.all(entries));
}
async function nameOf({ projectId, commit }: DeploymentRow): Promise<string> {
  return `offshoot/${(await findProject(room.room.db, projectId))?.slug} ${commit}`;
}
const statusesAtGitHub = ({ shop }: ReportShop) =>
  new Map(shop.statuses.map(({ context, sha, state }) => [`${context} ${sha}`, state]));

/** Deployment → state, of all that GitHub has, as the database has it. */
async function deploymentsInDatabase(place: ReportShop) {
  const rows = await readDeployments(place);
  const served = await room.room.db.select().from(aliases);
  const isServed = ({ id, environment }: DeploymentRow) =>
    served.some(
      ({ deploymentId, kind, state }) =>
        deploymentId === id &&
        state === 'live' &&
        kind === (environment === 'production' ? 'production' : 'branch'),
    );
  const stateOf = (row: DeploymentRow) =>
    row.status === 'ready' && !isServed(row) ? 'inactive' : DEPLOYMENT_STATES[row.status];
  const kept = rows.filter(({ githubDeploymentId }) => githubDeploymentId !== null);
  const mustBeThere = rows.filter((row) => row.status === 'ready' && isServed(row)).map(({ id }) => id);
  expect(kept.map(({ id }) => id)).toEqual(expect.arrayContaining(mustBeThere));
  return kept.map((row) => `${row.id} ${row.githubDeploymentId} ${stateOf(row)}`).toSorted();
}
const deploymentsAtGitHub = ({ shop }: ReportShop) =>
  [...shop.deployments.values()]
    .map(({ id, payload, statuses }) => {
      const { offshoot } = payload as { readonly offshoot: string };
      return `${offshoot} ${id} ${statuses.at(-1)?.state}`;
    })
    .toSorted();

/** Of each project the newest deployment of the head branch, and where the branch is served. */
async function rowsInDatabase(place: ReportShop, pull: PullRequest) {
  const rows = (await readDeployments(place)).filter(({ ref }) => ref === pull.headRef);
  const newest = new Map(rows.map((row) => [row.projectId, row]));
  const hosts = await room.room.db.select().from(aliases).where(eq(aliases.branch, pull.headRef));
  const live = new Map(
    hosts.filter(({ state }) => state === 'live').map(({ projectId, label }) => [projectId, label]),
  );
  const entries = [...newest.values()].map(async ({ projectId, id, status, commit }) => ({
    project: (await findProject(room.room.db, projectId))?.slug,
    status,
    commit,
    previewUrl: live.has(projectId) ? `http://${live.get(projectId)}.localhost:8000/` : null,
    deploymentUrl: `http://deploy.example.com/deployments/${id}`,
  }));
  return (await Promise.all(entries)).toSorted((a, b) => (a.project ?? '').localeCompare(b.project ?? ''));
}

const CLOSED = 'This pull request is closed';

/** At most one; of a pull request that was closed before anything was said of it, none. */
function checkClosed({ shop }: ReportShop, pull: PullRequest): void {
  const bodies = commentsOf(shop, pull);
  expect(bodies.length).toBeLessThanOrEqual(1);
  expect(bodies.filter((body) => !body.includes(CLOSED))).toEqual([]);
}

async function checkOpen(place: ReportShop, pull: PullRequest): Promise<void> {
  const bodies = commentsOf(place.shop, pull);
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).not.toContain(CLOSED);
  const told = parseCommentData(bodies[0] ?? '') ?? [];
  const rows = await rowsInDatabase(place, pull);
  const shown = told.toSorted((a, b) => a.project.localeCompare(b.project));
  expect(shown).toMatchObject(rows);
  expect(shown).toHaveLength(rows.length);
}

const commentsOf = ({ comments }: ReportShop['shop'], { number }: PullRequest) =>
  [...comments.values()].filter((comment) => comment.number === number).map(({ body }) => body);

it.each([1, 2])(
  'while three answers of ten fail, two processes make GitHub show what holds, once and never early (seed %i)',
  async (seed) => {
    const { clock, github, openProcess, openShop } = room;
    const place = openShop();
    const draw = draws(seed);
    await place.push('main');
    await room.room.createProject({ repositoryId: place.shop.id });
    github.faults.set({ seed, answers: FAULTS, retryAfterSeconds: 20, delayMs: 5 });
    let isOver = false;
    const processes = [openProcess(), openProcess()];
    const working = processes.map((process) => process.work(() => isOver));
    const lived = clock.run(() => live(place, draw));
    const pulls = await lived.finally(() => {
      isOver = true;
    });
    await Promise.all(working);
    // A process ends when it finds nothing due, and the other one may have been the last to write.
    await processes[0]?.work();
    github.faults.clear();
    const rows = await readDeployments(place);
    const problems = rows.flatMap((row) => [row.reportProblem, row.githubDeploymentProblem]);
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
    expect(statusesAtGitHub(place)).toEqual(await statusesInDatabase(place));
    expect(deploymentsAtGitHub(place)).toEqual(await deploymentsInDatabase(place));
    expect(pulls.length).toBeGreaterThan(0);
    for (const pull of pulls.filter(({ state }) => state === 'closed')) checkClosed(place, pull);
    for (const pull of pulls.filter(({ state }) => state === 'open')) await checkOpen(place, pull);
    expect(github.violations).toEqual([]);
    const failed = github.requests.filter(({ status }) => status === 0 || status >= 400).length;
    expect(failed).toBeGreaterThan(10);
  },
  TIMEOUT_MS,
);
