import { branchSlugOf } from '../../../contracts/host.ts';
import { lockBranch } from '../../db/branches.ts';
import type { Transaction } from '../../db/database.ts';
import type { DeliveryVerdict } from '../../db/github-deliveries.ts';
import type { ProjectRow } from '../../db/projects.ts';
import { decidePush, keptPushedAt, outcomeOf, type PushDecision } from '../../domain/github/decide-push.ts';
import type { PushWebhook } from '../../domain/github/parse-webhook.ts';
import type { DeliveryOutcome } from '../../domain/words.ts';
import { type ApplyDecisionDependencies, applyBranchDecision } from './apply-branch-decision.ts';
import { asKnown } from './as-known.ts';
import { ensureProjects, noteRepository } from './projects-of-repository.ts';

export interface Received extends DeliveryVerdict {
  /** Deployments that changed, to be announced after the commit. */
  readonly changed: readonly string[];
}

/** What was decided about a webhook for one project of its repository. */
export interface Decided<Decision extends AnyDecision> {
  readonly project: ProjectRow;
  readonly decision: Decision;
  readonly changed: readonly string[];
}

/** A push to a repository: what follows from it for each of its projects. */
export async function receivePush(
  tx: Transaction,
  told: PushWebhook,
  dependencies: ApplyDecisionDependencies,
): Promise<Received> {
  const push = isLate(told, dependencies.now()) ? await asKnown(tx, told) : told;
  if (push === undefined) return { outcome: 'ignored', reason: NO_ACCESS, changed: [] };
  await noteRepository(tx, push.installationId, push.repository);
  const decided: Decided<PushDecision>[] = [];
  for (const project of await ensureProjects(tx, push.repository, dependencies)) {
    decided.push({ project, ...(await decideForProject(tx, push, project, dependencies)) });
  }
  return summarize(decided);
}

async function decideForProject(
  tx: Transaction,
  push: PushWebhook,
  project: ProjectRow,
  dependencies: ApplyDecisionDependencies,
): Promise<Omit<Decided<PushDecision>, 'project'>> {
  const { ref, senderLogin: login, headCommit } = push;
  if (ref.kind !== 'branch') return { decision: decidePush(push, project, undefined), changed: [] };
  const slug = branchSlugOf(ref.name, project);
  const at = new Date(dependencies.now());
  const { branch, isNew } = await lockBranch(tx, { projectId: project.id, name: ref.name, slug }, at);
  const recorded = isNew ? undefined : branch;
  const decision = decidePush(push, project, recorded);
  const words = { requestedBy: { kind: 'push', login }, message: headCommit?.message ?? '' } as const;
  const held = { project, branch, pushedAt: keptPushedAt(push, recorded) };
  const changed = await applyBranchDecision(tx, held, decision, words, dependencies);
  return { decision, changed };
}

type AnyDecision = { readonly kind: string; readonly reason: string };
/** GitHub sends within seconds. What it was asked for again comes within three days. */
const LATE_MS = 10 * 60_000;
const NO_ACCESS = 'The push comes late, and the App has no access to its repository any more.';

function isLate({ pushedAt }: PushWebhook, now: number): boolean {
  return pushedAt !== null && now - pushedAt.getTime() > LATE_MS;
}

const RANKS: readonly DeliveryOutcome[] = ['handled', 'deferred', 'ignored'];
const NO_PROJECT =
  'No project belongs to this repository, and all slugs that its name makes are taken: create one by hand.';

/** One outcome for all projects: what happened to one of them is not hidden by others where nothing did. */
export function summarize(decided: readonly Decided<AnyDecision>[]): Received {
  const outcomes = new Set(decided.map(({ decision }) => outcomeOf(decision)));
  const outcome = RANKS.find((rank) => outcomes.has(rank)) ?? 'ignored';
  return { outcome, reason: sayReason(decided), changed: decided.flatMap((each) => each.changed) };
}

function sayReason(decided: readonly Decided<AnyDecision>[]): string {
  const [first] = decided;
  if (first === undefined) return NO_PROJECT;
  if (decided.length === 1) return first.decision.reason;
  return decided.map(({ project, decision }) => `${project.slug}: ${decision.reason}`).join(' ');
}
