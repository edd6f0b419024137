import type { KeyObject } from 'node:crypto';
import type { GitRepository } from '../git-repository.ts';
import type { GitObjects } from './git-objects.ts';

/** What this GitHub knows. The names are GitHub's, where people know them by those. */
export interface State {
  app: App | null;
  readonly users: Map<string, User>;
  /** By id, as everything that may be renamed. */
  readonly repositories: Map<number, Repository>;
  /** `owner/name` in lower case, as it is now: GitHub finds names in any case. */
  readonly repositoryNames: Map<string, Repository>;
  readonly installations: Map<number, Installation>;
  readonly tokens: Map<string, Token>;
  /** Old `owner/name`s (lower case) → the repository that had it: GitHub redirects them. */
  readonly formerNames: Map<string, number>;
  readonly deliveries: Delivery[];
  /** Codes of the manifest flow and of the sign-in: used once, and not for long. */
  readonly manifestCodes: Map<string, { readonly app: App; readonly expiresAtMs: number }>;
  readonly signInCodes: Map<string, SignInCode>;
  nextId: number;
}

export interface User {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Organization' | 'Bot';
  readonly email: string;
}

export type Level = 'read' | 'write';
/** `{ contents: 'read', statuses: 'write' }` */
export type Permissions = Readonly<Record<string, Level>>;

export interface App {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly owner: User;
  readonly description: string;
  readonly externalUrl: string;
  readonly callbackUrls: readonly string[];
  readonly setupUrl: string | null;
  readonly redirectUrl: string | null;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookSecret: string;
  /** PEM, PKCS #1, as GitHub hands it out. */
  readonly privateKey: string;
  readonly publicKey: KeyObject;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly hookId: number;
  /** Where webhooks go; null sends none. */
  hookUrl: string | null;
  /** Whom comments and statuses of the App are by. */
  readonly bot: User;
  readonly createdAt: string;
}

export interface Installation {
  readonly id: number;
  readonly account: User;
  selection: 'all' | 'selected';
  /** When selected. */
  readonly repositoryIds: Set<number>;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  suspendedAt: string | null;
  readonly createdAt: string;
}

export interface Token {
  readonly value: string;
  readonly expiresAtMs: number;
  readonly permissions: Permissions;
  readonly of:
    | { readonly kind: 'installation'; readonly installation: Installation }
    /** Signed in through the App: what both the person and the App may do. */
    | { readonly kind: 'user'; readonly user: User }
    /** A person's own token, for Git: all that the person may do. */
    | { readonly kind: 'personal'; readonly user: User };
  /** Null for all of the installation. */
  readonly repositoryIds: ReadonlySet<number> | null;
}

export interface SignInCode {
  readonly user: User;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly expiresAtMs: number;
}

export type Role = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';

export interface Repository {
  readonly id: number;
  owner: User;
  name: string;
  isPrivate: boolean;
  defaultBranch: string;
  readonly parent: Repository | null;
  readonly git: GitRepository;
  readonly objects: GitObjects;
  /** The refs as they were told about last. */
  readonly knownRefs: Map<string, string>;
  readonly roles: Map<string, Role>;
  /** Pull requests, by number. */
  readonly pulls: Map<number, PullRequest>;
  readonly comments: Map<number, Comment>;
  readonly statuses: CommitStatus[];
  readonly deployments: Map<number, Deployment>;
  readonly checkRuns: Map<number, CheckRun>;
  nextNumber: number;
  readonly createdAt: string;
  pushedAt: string;
}

export interface PullRequest {
  readonly id: number;
  readonly number: number;
  readonly repository: Repository;
  title: string;
  body: string | null;
  readonly user: User;
  /** Null once the fork was deleted. */
  headRepository: Repository | null;
  readonly headRef: string;
  headSha: string;
  readonly headOwner: User;
  baseRef: string;
  readonly baseSha: string;
  isDraft: boolean;
  state: 'open' | 'closed';
  mergedSha: string | null;
  mergedAt: string | null;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
}

export interface Comment {
  readonly id: number;
  readonly number: number;
  readonly user: User;
  readonly viaApp: App | null;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
}

export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: User;
  readonly createdAt: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly isTransient: boolean;
  readonly isProduction: boolean;
  readonly creator: User;
  readonly viaApp: App | null;
  readonly createdAt: string;
  updatedAt: string;
  /** Oldest first. */
  readonly statuses: DeploymentStatus[];
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: 'error' | 'failure' | 'inactive' | 'pending' | 'success' | 'queued' | 'in_progress';
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly creator: User;
  readonly viaApp: App | null;
  readonly createdAt: string;
}

export interface CheckRun {
  readonly id: number;
  readonly sha: string;
  readonly app: App;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  detailsUrl: string | null;
  externalId: string;
  output: { title: string | null; summary: string | null; text: string | null };
  startedAt: string | null;
  completedAt: string | null;
}

/** One attempt at telling the App, as `GET /app/hook/deliveries` lists it. */
export interface Delivery {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly isRedelivery: boolean;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** As it was signed and sent. */
  readonly body: string;
  deliveredAt: string;
  durationMs: number;
  /** 0 until it was answered, or refused, or timed out. */
  statusCode: number;
  /** `OK`, or what went wrong, in words. */
  status: string;
  responseHeaders: Readonly<Record<string, string>>;
  responseBody: string;
}

export function createState(): State {
  return {
    app: null,
    users: new Map(),
    repositories: new Map(),
    repositoryNames: new Map(),
    installations: new Map(),
    tokens: new Map(),
    formerNames: new Map(),
    deliveries: [],
    manifestCodes: new Map(),
    signInCodes: new Map(),
    nextId: 1_000,
  };
}

export function takeId(state: State): number {
  state.nextId += 1;
  return state.nextId;
}

export function addUser(state: State, login: string, type: User['type']): User {
  const user = { id: takeId(state), login, type, email: `${login}@users.noreply.github.test` };
  state.users.set(login.toLowerCase(), user);
  return user;
}

export const fullNameOf = ({ owner, name }: Pick<Repository, 'owner' | 'name'>) => `${owner.login}/${name}`;

export function findRepository(state: State, fullName: string): Repository | undefined {
  return state.repositoryNames.get(fullName.toLowerCase());
}

/** What had the name leads nowhere else from now on; what it is called now is found. */
export function moveRepository(
  state: State,
  repository: Repository,
  to: { readonly owner?: User; readonly name?: string },
): void {
  const old = fullNameOf(repository).toLowerCase();
  state.repositoryNames.delete(old);
  state.formerNames.set(old, repository.id);
  Object.assign(repository, to);
  state.repositoryNames.set(fullNameOf(repository).toLowerCase(), repository);
}

export function findUser(state: State, login: string): User | undefined {
  return state.users.get(login.toLowerCase());
}

export function installationHas(installation: Installation, repository: Repository): boolean {
  if (installation.account.id !== repository.owner.id) return false;
  return installation.selection === 'all' || installation.repositoryIds.has(repository.id);
}

/** The App's installation that holds a repository, suspended or not. */
export function installationOf(state: State, repository: Repository): Installation | undefined {
  return state.installations.values().find((each) => installationHas(each, repository));
}

export function repositoriesOf(state: State, installation: Installation): Repository[] {
  return [...state.repositories.values()].filter((each) => installationHas(installation, each));
}
