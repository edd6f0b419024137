/** The closed sets of words that the database keeps. docs/glossary.md explains each. */
export const DEPLOYMENT_STATUSES = [
  'queued',
  'launching',
  'building',
  'ready',
  'failed',
  'canceled',
  'superseded',
  'blocked',
  'skipped',
] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

/**
 * What GitHub's deployment says of one of ours. `replaced`: it was ready, and its host shows another one by now, or
 * none. `unknown`: GitHub was asked to make it, and whether it did is not known yet.
 */
export type ShownDeployment = DeploymentStatus | 'replaced' | 'unknown';

/** `published`: the builder delivered an artifact; `lost`: it fell silent; `released`: it was handed back. */
export type AttemptStatus =
  | 'launching'
  | 'running'
  | 'published'
  | 'failed'
  | 'canceled'
  | 'lost'
  | 'released';

export type Environment = 'production' | 'preview';
/** `pull-request` is one of a fork: its commits are on no branch of ours. */
export type RefKind = 'branch' | 'tag' | 'commit' | 'pull-request';
export type AliasKind = 'production' | 'branch' | 'pull-request' | 'deployment';
export type AliasState = 'live' | 'waiting' | 'failed' | 'blocked' | 'gone';
/** Where a deployment's files come from: a repository that is built, or a folder that was uploaded as it is. */
export type DeploymentSource = 'git' | 'upload';

/** Who asked for a deployment. */
export type Requester =
  | { readonly kind: 'administrator' }
  /** Somebody pushed to a branch, or to a pull request's. Null where only GitHub's answer told of it. */
  | { readonly kind: 'push'; readonly login: string | null }
  /** Somebody with an account at GitHub asked for it here, or in a comment there. */
  | { readonly kind: 'github-user'; readonly login: string }
  /** `name` is what the hook was called then. */
  | { readonly kind: 'deploy-hook'; readonly name: string };

/** What webhooks tell of. */
export const WEBHOOK_EVENTS = ['deployment.ready', 'deployment.failed', 'deployment.blocked'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
/** `json` is Offshoot's own, signed as GitHub signs; `slack` is that of Slack's incoming webhooks. */
export const WEBHOOK_FORMATS = ['json', 'slack'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];
/** What a delivery tells of; a ping tries whether a webhook works. */
export type DeliveryEvent = WebhookEvent | 'ping';
export const DELIVERY_STATUSES = ['waiting', 'sending', 'delivered', 'failed'] as const;
/** `waiting` for its next try; `sending`: somebody is at it, for as long as `due_at` says. */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/**
 * What was decided about a webhook of GitHub's: `handled`, with what came of it; `deferred` to a job that asks GitHub
 * first; `ignored`, with the reason.
 */
export const DELIVERY_OUTCOMES = ['handled', 'deferred', 'ignored'] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];
