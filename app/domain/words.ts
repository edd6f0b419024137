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
export type RefKind = 'branch' | 'tag' | 'commit';
export type AliasKind = 'production' | 'branch' | 'pull-request' | 'deployment';
export type AliasState = 'live' | 'waiting' | 'failed' | 'blocked' | 'gone';
