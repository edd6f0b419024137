import { randomUUID } from 'node:crypto';
import { activateDeployment } from '../../app/actions/activate-deployment.ts';
import type { ToldPullRequest } from '../../app/actions/github/held-pull-request.ts';
import { receiveDelivery } from '../../app/actions/github/receive-delivery.ts';
import { syncPullRequest } from '../../app/actions/github/sync-pull-request.ts';
import { findAlias } from '../../app/db/aliases.ts';
import type { DeploymentRow } from '../../app/db/deployments.ts';
import { listProjectsOfRepository } from '../../app/db/github-repositories.ts';
import type { ProjectRow } from '../../app/db/projects.ts';
import { findPullRequest, type PullRequestRow } from '../../app/db/pull-requests.ts';
import { deployments } from '../../app/db/schema.ts';
import { type CoreDependencies, type CoreRoom, openCoreRoom } from './core-room.ts';
import { type Json, payloadOf } from './example-payloads.ts';

export const NONE = '0'.repeat(40);
export const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];
export const REPOSITORY = 186_853_002;
export const FORK = 3;
const PUSHED = Date.parse('2026-01-02T00:00:00Z') / 1000;

/** What a test says of a pull request; a fork's by default. */
export interface Said {
  readonly action?: string;
  readonly number?: number;
  /** Seconds after the first state. */
  readonly at?: number;
  readonly commit?: string;
  readonly from?: number | null;
  readonly branch?: string;
  readonly base?: string;
  readonly title?: string;
  readonly isOpen?: boolean;
  readonly isDraft?: boolean;
}

export interface PullRequestRoom extends CoreRoom {
  receive(event: string, payload: Json, guid?: string): ReturnType<typeof receiveDelivery>;
  /** A push to a branch of the repository itself. */
  push(branch: string, from: string, to: string, at: number): ReturnType<typeof receiveDelivery>;
  /** A webhook about the pull request. */
  tell(said: Said, guid?: string): ReturnType<typeof receiveDelivery>;
  /** What GitHub answers when it is asked from now on. */
  present: Said | 'gone';
  /** Does what a deferred webhook has asked for. */
  sync(number?: number): Promise<void>;
  project(): Promise<ProjectRow>;
  record(number?: number): Promise<PullRequestRow | undefined>;
  /** `commit's letter status`, in the order of their generations. */
  builds(ref: string): Promise<string[]>;
  newest(ref: string): Promise<DeploymentRow>;
  /** `state commit's letter` of a host, or `gone`. */
  host(name: string): Promise<string>;
  /** What a builder does, and what takes it live. */
  build(deployment: DeploymentRow): Promise<void>;
}

/** The core of the app, and a repository whose webhooks a test makes up. */
export async function openPullRequestRoom(changes: Partial<CoreDependencies> = {}): Promise<PullRequestRoom> {
  const readPullRequest = async () => (room.present === 'gone' ? 'gone' : toldOf(room.present));
  const core = await openCoreRoom({ readPullRequest, ...changes });
  const { db, dependencies } = core;
  const receive = (event: string, payload: Json, guid: string = randomUUID()) =>
    receiveDelivery({ guid, event, payload, body: JSON.stringify(payload) }, dependencies);
  const rowsOf = async (ref: string) => {
    const rows = await db.select().from(deployments);
    return rows
      .filter((row) => row.ref === ref)
      .toSorted((one, other) => (one.generation ?? 0) - (other.generation ?? 0));
  };
  const project = async () => {
    const [found] = await listProjectsOfRepository(db, REPOSITORY);
    if (found === undefined) throw new Error('there is no project');
    return found;
  };
  const room: PullRequestRoom = {
    ...core,
    present: 'gone',
    receive,
    push: (branch, from, to, at) => receive('push', pushOf(branch, from, to, at)),
    tell: (said, guid) => receive('pull_request', pullRequestPayload(said), guid),
    sync: (number = 7) => syncPullRequest({ repositoryId: REPOSITORY, number }, dependencies),
    project,
    record: async (number = 7) => findPullRequest(db, { projectId: (await project()).id, number }),
    builds: async (ref) => (await rowsOf(ref)).map(({ commit, status }) => `${commit?.[0]} ${status}`),
    async newest(ref) {
      const row = (await rowsOf(ref)).at(-1);
      if (row === undefined) throw new Error(`there is no deployment of ${ref}`);
      return row;
    },
    async host(name) {
      const alias = await findAlias(db, `${name}--${(await project()).slug}`);
      if (alias === undefined || alias.state === 'gone') return 'gone';
      const rows = await db.select().from(deployments);
      const shown = rows.find(({ id }) => id === alias.deploymentId);
      return shown === undefined ? alias.state : `${alias.state} ${shown.commit?.[0]}`;
    },
    async build(deployment) {
      await core.publish(deployment);
      await activateDeployment(deployment.id, dependencies);
    },
  };
  return room;
}

const timeOf = (at: number) => new Date((PUSHED + at) * 1000);

function pushOf(branch: string, before: string, after: string, at: number): Json {
  const author = { name: 'Ada' };
  return payloadOf('push', {
    ref: `refs/heads/${branch}`,
    before,
    after,
    created: before === NONE,
    deleted: after === NONE,
    head_commit:
      after === NONE ? null : { id: after, message: 'A change', timestamp: '2026-01-01T00:00:00Z', author },
    repository: { id: REPOSITORY, default_branch: 'main', pushed_at: PUSHED + at },
  });
}

function readSaid(said: Said) {
  const { number = 7, at = 0, commit = A, from = FORK, branch = 'topic', base = 'main' } = said;
  const { title = 'A change', isOpen = true, isDraft = false } = said;
  return { number, commit, from, branch, base, title, isOpen, isDraft, updatedAt: timeOf(at) };
}

export function pullRequestPayload(said: Said): Json {
  const { number, commit, from, branch, base, title, isOpen, isDraft, updatedAt } = readSaid(said);
  const pull_request = {
    number,
    title,
    draft: isDraft,
    state: isOpen ? 'open' : 'closed',
    updated_at: updatedAt.toISOString(),
    user: { login: 'mallory' },
    head: { ref: branch, sha: commit, repo: from === null ? null : { id: from } },
    base: { ref: base, sha: C, repo: { id: REPOSITORY } },
  };
  const repository = { id: REPOSITORY, default_branch: 'main' };
  return payloadOf('pull_request', { action: said.action ?? 'opened', number, pull_request, repository });
}

function toldOf(said: Said): ToldPullRequest {
  const { commit, from, branch, base, ...rest } = readSaid(said);
  return {
    ...rest,
    authorLogin: 'mallory',
    head: { repositoryId: from, ref: branch, sha: commit },
    base: { repositoryId: REPOSITORY, ref: base },
  };
}
