import type { DeploymentStatus } from '../words.ts';
import { isTrusted, type PullRequestSides } from './is-trusted.ts';

/**
 * What GitHub's collaborator-permission API says of a person and a repository. (`author_association` in webhooks is
 * something else: a MEMBER may have no access, and a CONTRIBUTOR has merely had a pull request merged.)
 */
export type Permission = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';

export type Caller =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'administrator' }
  | { readonly kind: 'github-user'; readonly login: string; readonly permission: Permission }
  /** Whatever its permission: what a bot writes is often what a stranger made it write. */
  | { readonly kind: 'bot'; readonly login: string }
  | { readonly kind: 'builder' };

export type Way =
  /** A button of the dashboard, or the API: approves what is blocked, deploys what is not. */
  | { readonly kind: 'dashboard' }
  | { readonly kind: 'redeploy' }
  /** `/deploy` under a pull request; GitHub's time of the comment. */
  | { readonly kind: 'comment'; readonly createdAt: Date };

/** What is to be deployed. */
export type DeployTarget =
  /** A branch, tag or commit of the project's own repository. */
  | { readonly kind: 'own' }
  | ({
      readonly kind: 'pull-request';
      readonly isOpen: boolean;
      readonly isDraft: boolean;
      /** That is to be deployed. */
      readonly commit: string;
      /** That the pull request is at now. */
      readonly headCommit: string;
      /** Of the newest deployment of `commit` for it; null where there is none. */
      readonly status: DeploymentStatus | null;
      /** When `commit` came to be known. */
      readonly knownSince: Date;
    } & PullRequestSides);

export type Refusal =
  | 'nobody'
  | 'builder'
  | 'bot'
  | 'permission'
  | 'no-author'
  | 'closed'
  | 'older-commit'
  | 'newer-commit'
  | 'no-sandbox'
  | 'not-known'
  | 'not-blocked'
  | 'still-blocked';

export type Approval =
  /** `approve`: the blocked deployment is queued. `deploy`: a new one is. A fork's stays untrusted. */
  | { readonly allowed: true; readonly effect: 'approve' | 'deploy'; readonly isTrusted: boolean }
  | { readonly allowed: false; readonly why: Refusal; readonly reason: string };

const UNDER_WAY: ReadonlySet<DeploymentStatus> = new Set(['queued', 'launching', 'building', 'ready']);
const MAY_DEPLOY: ReadonlySet<Permission> = new Set(['write', 'maintain', 'admin']);

export function mayDeploy(permission: Permission): boolean {
  return MAY_DEPLOY.has(permission);
}

/**
 * Who may deploy what. Their own repository's commits, people with write permission; a fork's commit, the same people,
 * but only the very commit that they can have looked at, and only where it can be built apart from the machine.
 */
export function decideApproval(
  caller: Caller,
  way: Way,
  target: DeployTarget,
  machine: { readonly hasSandbox: boolean },
): Approval {
  return (
    refuseCaller(caller, way) ??
    (target.kind === 'own'
      ? { allowed: true, effect: 'deploy', isTrusted: true }
      : decidePullRequestTarget(way, target, machine))
  );
}

function refuseCaller(caller: Caller, way: Way): Approval | undefined {
  switch (caller.kind) {
    case 'nobody':
      return refuse('nobody', 'Sign in to deploy.');
    case 'builder':
      return refuse('builder', 'A builder’s token reports its own build and deploys nothing.');
    case 'bot':
      return refuse('bot', `${caller.login} is a bot: a person has to ask for this.`);
    case 'administrator':
      if (way.kind !== 'comment') return undefined;
      return refuse(
        'no-author',
        'A comment counts as the person’s at GitHub who wrote it, and names nobody.',
      );
    case 'github-user':
      if (mayDeploy(caller.permission)) return undefined;
      return refuse('permission', sayPermission(caller.login, caller.permission));
  }
}

function sayPermission(login: string, permission: Permission): string {
  const has = permission === 'none' ? 'has no access to' : `may only ${permission}`;
  return `${login} ${has} the repository: deploying takes write permission.`;
}

type PullRequestTarget = DeployTarget & { readonly kind: 'pull-request' };

function decidePullRequestTarget(
  way: Way,
  target: PullRequestTarget,
  { hasSandbox }: { readonly hasSandbox: boolean },
): Approval {
  if (!target.isOpen) return refuse('closed', 'The pull request is closed. Reopen it to deploy it.');
  if (isTrusted(target)) return { allowed: true, effect: 'deploy', isTrusted: true };
  return refuseCommit(way, target) ?? refuseMachine(hasSandbox) ?? decideBlocked(way, target);
}

function refuseCommit(way: Way, target: PullRequestTarget): Approval | undefined {
  if (target.commit !== target.headCommit)
    return refuse('older-commit', 'The fork has a newer commit. Look at that one, and approve it instead.');
  if (way.kind !== 'comment' || target.knownSince < way.createdAt) return undefined;
  return refuse(
    'newer-commit',
    'The fork’s commit came after the comment, or in the same second. Look at it, and write /deploy again.',
  );
}

function refuseMachine(hasSandbox: boolean): Approval | undefined {
  if (hasSandbox) return undefined;
  const reason =
    'This machine has no sandbox, without which a fork’s build could read what others leave on it.';
  return refuse('no-sandbox', `${reason} docs/builds.md says how to get one.`);
}

/** Who asks for this very commit approves it: so also for one that was canceled before anybody had. */
function decideBlocked(way: Way, { status }: PullRequestTarget): Approval {
  if (status === null)
    return refuse('not-known', 'This commit is not known here yet. Ask again in a moment.');
  if (status === 'blocked') {
    if (way.kind === 'redeploy')
      return refuse('still-blocked', 'This commit waits for approval: approve it.');
    return { allowed: true, effect: 'approve', isTrusted: false };
  }
  const isUnderWay = UNDER_WAY.has(status);
  if (isUnderWay && way.kind !== 'redeploy')
    return refuse('not-blocked', 'This commit was approved already.');
  return { allowed: true, effect: 'deploy', isTrusted: false };
}

function refuse(why: Refusal, reason: string): Approval {
  return { allowed: false, why, reason };
}
