import type { BuildSpec } from '../../contracts/build-spec.ts';
import { type BuilderAttempt, claimAttempt } from '../db/attempts.ts';
import type { Transaction } from '../db/database.ts';
import { type EnvironmentVariableRow, readEnvironmentVariables } from '../db/environment-variables.ts';
import { lockDeployment, moveDeployment } from '../db/deployments.ts';
import { type AttemptRow, findAttempt } from '../db/open-attempts.ts';
import { findProject, type ProjectRow } from '../db/projects.ts';
import { hashToken } from '../domain/attempt-token.ts';
import { type BuildPolicy, formatBuildSpec } from '../domain/build-spec.ts';
import { resolveVariables } from '../domain/environment-variables.ts';
import { type SecretBox, SealedTextError } from '../domain/sealed-text.ts';
import { keepCheckoutToken } from './checkout-token.ts';
import type { EndAttemptDependencies } from './end-attempt.ts';
import { type AttemptFailure, failAttemptWithin } from './fail-attempt.ts';
import { openEnvironmentVariable } from './seal-environment-variable.ts';
import type { FindSourceUrl } from './source-url.ts';

export interface ClaimBuildDependencies extends EndAttemptDependencies {
  readonly policy: BuildPolicy;
  readonly findSourceUrl: FindSourceUrl;
  readonly secrets: SecretBox;
  readonly revokeSourceToken: (token: string) => Promise<void>;
}

/** While GitHub can't be asked for a token, the builder asks again; it gives up a little later by itself. */
const SOURCE_PATIENCE_MS = 20_000;

export type ClaimResult =
  | { readonly outcome: 'claimed'; readonly spec: BuildSpec }
  /** It is this builder's, but where its source is can't be told yet: the same claim again, soon. */
  | { readonly outcome: 'later'; readonly message: string }
  /** Another builder has it. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'over' };

/**
 * Gives a build to the builder that asks first, and starts its lease. The same nonce gets the same answer again,
 * since an answer may be lost on its way.
 */
export async function claimBuild(
  { attempt, deployment }: BuilderAttempt,
  nonce: string,
  dependencies: ClaimBuildDependencies,
): Promise<ClaimResult> {
  const { db, hints, policy } = dependencies;
  const project = await findProject(db, deployment.projectId);
  if (project === undefined || attempt.endedAt !== null) return { outcome: 'over' };
  const opened = await openSecrets(project, deployment, dependencies);
  const outcome = await db.transaction(async (tx) => {
    const locked = await lockDeployment(tx, deployment.id);
    if (locked?.status !== 'launching' && locked?.status !== 'building') return 'over';
    const claimed = await claimWithin(tx, attempt, nonce, dependencies);
    if (claimed === 'taken' || claimed === 'over') return claimed;
    return opened.ok
      ? keepClaim(tx, attempt, opened, dependencies)
      : refuseClaim(tx, claimed, opened, dependencies);
  });
  hints.publish(deployment.id);
  if (opened.ok && outcome === 'claimed')
    return { outcome, spec: formatBuildSpec({ project, deployment, attempt, ...opened }, policy) };
  if (opened.ok && opened.token !== null) await dependencies.revokeSourceToken(opened.token);
  if (outcome === 'later' && !opened.ok) return { outcome, message: opened.failure.message };
  return { outcome: outcome === 'taken' ? outcome : 'over' };
}

async function keepClaim(
  tx: Transaction,
  { id }: AttemptRow,
  { token }: OpenedSecrets & { readonly ok: true },
  dependencies: ClaimBuildDependencies,
): Promise<ClaimResult['outcome']> {
  await keepCheckoutToken(tx, id, token, dependencies);
  return 'claimed';
}

async function refuseClaim(
  tx: Transaction,
  attempt: AttemptRow,
  { failure, isPassing }: OpenedSecrets & { readonly ok: false },
  dependencies: ClaimBuildDependencies,
): Promise<ClaimResult['outcome']> {
  const waitedMs = dependencies.now() - (attempt.claimedAt?.getTime() ?? 0);
  if (isPassing && waitedMs < SOURCE_PATIENCE_MS) return 'later';
  await failAttemptWithin(tx, attempt, failure, dependencies);
  return 'over';
}

type OpenedSecrets =
  | {
      readonly ok: true;
      /** Null for an upload. */
      readonly sourceUrl: string | null;
      /** What the checkout uses up: it is revoked afterwards. */
      readonly token: string | null;
      readonly variables: Readonly<Record<string, string>>;
    }
  /** `isPassing`: it may be there soon. */
  | { readonly ok: false; readonly failure: AttemptFailure; readonly isPassing: boolean };

/** All that the database keeps sealed and this build is told. */
async function openSecrets(
  project: ProjectRow,
  deployment: BuilderAttempt['deployment'],
  { db, secrets, findSourceUrl }: ClaimBuildDependencies,
): Promise<OpenedSecrets> {
  const rows = resolveVariables(await readEnvironmentVariables(db, project.id), deployment);
  const variables: Record<string, string> = {};
  for (const row of rows) {
    const value = unlessSealed(() => openEnvironmentVariable(row, secrets));
    if (value === undefined) return { ok: false, failure: unreadableVariable(row), isPassing: false };
    variables[row.name] = value;
  }
  // Last, since it may make a token, which somebody has to end.
  const source = deployment.source === 'upload' ? NO_SOURCE : await findSourceUrl(project);
  if (!source.ok) {
    const { message, isPassing } = source;
    return { ok: false, failure: { reason: 'clone_failed', message }, isPassing };
  }
  return { ok: true, sourceUrl: source.url, token: source.token, variables };
}

const NO_SOURCE = { ok: true, url: null, token: null } as const;

/** Building without it would publish something else than was meant. */
function unreadableVariable({ name }: EnvironmentVariableRow): AttemptFailure {
  return {
    reason: 'config_invalid',
    message:
      `The environment variable ${name} can't be read: neither OFFSHOOT_SECRET_KEY nor one of ` +
      'OFFSHOOT_OLD_SECRET_KEYS is the key that sealed it. Add that key to OFFSHOOT_OLD_SECRET_KEYS, or set the ' +
      'variable again.',
  };
}

/** Undefined for what can't be opened. */
function unlessSealed<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof SealedTextError) return undefined;
    throw error;
  }
}

async function claimWithin(
  tx: Transaction,
  { id, deploymentId }: AttemptRow,
  nonce: string,
  { now, policy }: ClaimBuildDependencies,
): Promise<AttemptRow | 'taken' | 'over'> {
  const at = new Date(now());
  const leaseExpiresAt = new Date(at.getTime() + policy.leaseMs);
  const claimed = await claimAttempt(tx, id, { nonceHash: hashToken(nonce), at, leaseExpiresAt });
  if (claimed === undefined) return (await findAttempt(tx, id))?.endedAt === null ? 'taken' : 'over';
  // Nothing to move when this builder asks a second time.
  await moveDeployment(tx, deploymentId, 'claim', at);
  return claimed;
}
