import { and, eq, inArray } from 'drizzle-orm';
import { activateDeployment } from '../../app/actions/activate-deployment.ts';
import { createGithubPace } from '../../app/actions/github-pace.ts';
import { forgetBranch } from '../../app/actions/github/forget-branch.ts';
import { receiveDelivery } from '../../app/actions/github/receive-delivery.ts';
import {
  reportDeployments,
  type ReportDeploymentsDependencies,
} from '../../app/actions/github/report-deployments.ts';
import { findBranch } from '../../app/db/branches.ts';
import { type Database, openDatabase } from '../../app/db/database.ts';
import { type DeploymentRow, insertDeployment, moveDeployment } from '../../app/db/deployments.ts';
import { pullRequests } from '../../app/db/github-schema.ts';
import { listProjectsOfRepository } from '../../app/db/github-repositories.ts';
import { deployments } from '../../app/db/schema.ts';
import { openGithubClients } from '../../app/github/client/app-octokit.ts';
import { type CoreRoom, openCoreRoom } from './core-room.ts';
import { type GitHub, startGitHub } from './github/github.ts';
import type { Installation, PullRequest, Repository } from './github/state.ts';
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts';

const TICK_MS = 1000;
/** Of the branch that is not there yet. */
const NOTHING = '0'.repeat(40);

/** The app's core with a GitHub that it reports to, both by one clock that nobody has to wait for. */
export interface ReportRoom {
  readonly room: CoreRoom;
  readonly github: GitHub;
  readonly clock: SimulatedClock;
  /** `<owner>/shop` of an owner of its own, where the App is installed. */
  readonly openShop: () => ReportShop;
  /** Another process's worth of jobs. */
  readonly openProcess: () => ReportProcess;
  /** Jobs of this process, until nothing is left to report. */
  readonly report: () => Promise<void>;
  /** Throws when one of GitHub's rules was broken: a write too soon, a retry too early. */
  readonly checkRules: () => void;
  readonly dispose: () => Promise<void>;
}

export interface ReportShop {
  readonly shop: Repository;
  readonly installation: Installation;
  /** Pushes a commit to a branch, which deploys it (or, with such a message, skips it). */
  readonly push: (branch: string, message?: string) => Promise<DeploymentRow>;
  /** Builds and activates it. */
  readonly build: (deployment: DeploymentRow) => Promise<void>;
  readonly fail: (deployment: DeploymentRow, logLines?: readonly string[]) => Promise<void>;
  /** Opens a pull request of a branch that was pushed, as the App hears of it. */
  readonly openPull: (head: string, from?: Repository) => Promise<PullRequest>;
  readonly closePull: (pull: PullRequest) => Promise<void>;
  /** Deletes a branch, which closes nothing: GitHub tells of pull requests in webhooks of their own. */
  readonly deleteBranch: (branch: string) => Promise<void>;
  /** A deployment of a fork's pull request, waiting for approval. */
  readonly block: (pull: PullRequest) => Promise<DeploymentRow>;
}

export interface ReportProcess {
  /** Runs jobs as often and as late as they ask for, until nothing is due and `isOver` says that nothing comes. */
  readonly work: (isOver?: () => boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openReportRoom(): Promise<ReportRoom> {
  const clock = createSimulatedClock(Date.now());
  const github = await startGitHub({
    isEnterprise: true,
    checkPacing: true,
    now: clock.now,
    signingNow: Date.now,
  });
  const room = await openCoreRoom();
  let owners = 0;

  /** Clients of its own, as every process has. */
  const openProcess = (db: Database): ReportProcess => {
    let comeAgainSeconds: number | undefined;
    const { id: appId, privateKey } = github.app;
    const log = { warn: () => undefined };
    const clients = openGithubClients({ appId, privateKey }, { apiUrl: `${github.webUrl}/api/v3`, log });
    const app = { appId, privateKey } as never;
    const { randomId } = room.dependencies;
    const dependencies: ReportDeploymentsDependencies = {
      ...room.dependencies,
      db,
      github: { read: async () => ({ state: 'ready', app, clients }) },
      githubPace: createGithubPace({
        db,
        readTime: async () => clock.now(),
        randomId,
        sleep: clock.sleep,
        log,
      }),
      jobs: {
        send: async (_db, _name, _payload, options) => {
          comeAgainSeconds = Number(options?.startAfter);
          return true;
        },
      },
    };
    return {
      work: (isOver = () => true) =>
        clock.run(async () => {
          for (;;) {
            comeAgainSeconds = undefined;
            await reportDeployments(dependencies);
            if (comeAgainSeconds === undefined && isOver()) return;
            await clock.sleep((comeAgainSeconds ?? 1) * TICK_MS);
          }
        }),
      close: () => (db === room.db ? Promise.resolve() : db.$client.end({ timeout: 1 })),
    };
  };
  const own = openProcess(room.db);
  const opened: ReportProcess[] = [];

  return {
    room,
    github,
    clock,
    openShop() {
      const owner = `owner${(owners += 1)}`;
      const shop = github.createRepository(`${owner}/shop`, { files: { 'index.html': 'one' } });
      return createShop({ room, github, shop, installation: github.install(owner) });
    },
    openProcess() {
      const process = openProcess(openDatabase(room.databaseUrl, { maxConnections: 4 }));
      opened.push(process);
      return process;
    },
    report: () => own.work(),
    checkRules() {
      if (github.violations.length > 0) throw new Error(JSON.stringify(github.violations));
    },
    async dispose() {
      for (const process of opened) await process.close();
      await github.close();
      await room.dispose();
    },
  };
}

interface ShopPlace extends Pick<ReportRoom, 'room' | 'github'> {
  readonly shop: Repository;
  readonly installation: Installation;
}

function createShop({ room, github, shop, installation }: ShopPlace): ReportShop {
  const tips = new Map<string, string>();
  const tick = () => new Date((room.clock.now += TICK_MS));
  const listProjects = () => listProjectsOfRepository(room.db, shop.id);
  return {
    shop,
    installation,
    async push(branch, message = 'A change') {
      const second = tick().getTime() / TICK_MS;
      const before = tips.get(branch) ?? NOTHING;
      const commit = github.push(shop, { 'index.html': String(second) }, { branch, message });
      tips.set(branch, commit);
      const told = { installationId: installation.id, shop, github, branch, before, commit, message, second };
      const payload = pushPayload(told);
      const delivery = { guid: crypto.randomUUID(), event: 'push', payload, body: JSON.stringify(payload) };
      await receiveDelivery(delivery, room.dependencies);
      return findByCommit(room, commit);
    },
    async build(deployment) {
      tick();
      await room.publish(deployment);
      tick();
      await activateDeployment(deployment.id, room.dependencies);
    },
    async fail({ id }, logLines = []) {
      await moveDeployment(room.db, id, 'launch', tick());
      await moveDeployment(room.db, id, 'claim', tick());
      const about = { at: room.clock.now, phase: 'build', stream: 'stdout' } as const;
      const lines = logLines.map((text, index) => ({ ...about, seq: index + 1, text }));
      await room.dependencies.logs.append({ deploymentId: id, attempt: 1 }, lines);
      await moveDeployment(room.db, id, 'fail', tick(), { reason: 'build_failed', message: 'exit code 1' });
    },
    async openPull(head, from = shop) {
      const pull = github.openPullRequest(shop, { head, from });
      const row = {
        number: pull.number,
        title: pull.title,
        authorLogin: pull.user.login,
        headRepositoryId: from.id,
        headRef: head,
        headCommit: pull.headSha,
        baseRef: pull.baseRef,
        isDraft: false,
        isOpen: true,
        updatedAt: tick(),
        generation: 1,
      };
      const projects = await listProjects();
      await room.db.insert(pullRequests).values(projects.map(({ id: projectId }) => ({ ...row, projectId })));
      return pull;
    },
    async closePull(pull) {
      github.closePullRequest(pull);
      const ids = (await listProjects()).map(({ id }) => id);
      await room.db
        .update(pullRequests)
        .set({ isOpen: false, updatedAt: tick() })
        .where(and(eq(pullRequests.number, pull.number), inArray(pullRequests.projectId, ids)));
    },
    async deleteBranch(name) {
      tick();
      tips.delete(name);
      github.deleteBranch(shop, name);
      for (const project of await listProjects()) {
        const branch = await findBranch(room.db, project.id, name);
        if (branch === undefined || branch.deletedAt !== null) continue;
        await room.db.transaction((tx) => forgetBranch(tx, project, branch, room.dependencies));
      }
    },
    async block(pull) {
      const [project] = await listProjects();
      if (project === undefined) throw new Error('push something first: that makes the project');
      return room.db.transaction((tx) =>
        insertDeployment(tx, {
          id: room.dependencies.randomId(),
          projectId: project.id,
          environment: 'preview',
          refKind: 'pull-request',
          ref: pull.headRef,
          commit: pull.headSha,
          pullRequest: pull.number,
          isTrusted: false,
          reportsTo: shop.id,
          status: 'blocked',
          settings: {},
          attemptsLeft: 2,
          phases: [],
          createdAt: tick(),
        }),
      );
    },
  };
}

interface Pushed {
  readonly installationId: number;
  readonly shop: Repository;
  readonly github: GitHub;
  readonly branch: string;
  readonly before: string;
  readonly commit: string;
  readonly message: string;
  /** GitHub's moment of it: a number that rises. */
  readonly second: number;
}

function pushPayload({ installationId, shop, github, branch, before, commit, message, second }: Pushed) {
  const fullName = `${shop.owner.login}/${shop.name}`;
  return {
    ref: `refs/heads/${branch}`,
    before,
    after: commit,
    forced: false,
    head_commit: { id: commit, message, timestamp: '2026-01-01T00:00:00Z', author: { name: 'Ada' } },
    installation: { id: installationId },
    repository: {
      id: shop.id,
      full_name: fullName,
      html_url: `${github.webUrl}/${fullName}`,
      private: false,
      default_branch: shop.defaultBranch,
      pushed_at: second,
    },
    sender: { login: 'ada' },
  };
}

async function findByCommit({ db }: CoreRoom, commit: string): Promise<DeploymentRow> {
  const [row] = await db.select().from(deployments).where(eq(deployments.commit, commit));
  if (row === undefined) throw new Error('nothing was deployed');
  return row;
}
