import { array, assert, constantFrom, integer, nat, property, record, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { NONE, pushWebhook } from '../../../test/support/push-webhook.ts';
import {
  type BranchRecord,
  decideBranchHead,
  decidePush,
  keptPushedAt,
  type PushDecision,
} from './decide-push.ts';

// A branch with a history, its webhooks in any order and number, and GitHub asked at any moment: the smallest world
// in which decidePush can be wrong.

const PROJECT = { productionBranch: 'main' };

interface Step {
  readonly from: string;
  readonly to: string;
  readonly pushedAt: Date;
}

/** Few commits, so that pushes come back to where the branch was; a step of 0 s is a push within the same second. */
const history = array(
  record({
    to: constantFrom(NONE, 'a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40)),
    afterS: integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 8 },
).map((moves) => {
  const steps: Step[] = [];
  let [from, second] = [NONE, 1000];
  for (const { to, afterS } of moves) {
    second += afterS;
    if (to !== from) steps.push({ from, to, pushedAt: new Date(second * 1000) });
    from = to;
  }
  return steps;
});
/** What arrives when: numbers sort the deliveries, and some pushes come again. */
const arrival = tuple(array(nat(), { minLength: 8, maxLength: 8 }), array(nat(7), { maxLength: 4 }));

const GONE: BranchRecord = { commit: null, deletedAt: new Date(0), pushedAt: null };

/** What the transaction does, as decidePush's words ask of it. */
function apply(recorded: BranchRecord | undefined, decision: PushDecision): BranchRecord | undefined {
  const pushedAt = recorded?.pushedAt ?? null;
  if (decision.kind === 'deploy') return { commit: decision.commit, deletedAt: null, pushedAt };
  if (decision.kind === 'forget-branch') return { commit: null, deletedAt: new Date(0), pushedAt };
  return recorded;
}

function play(
  deliveries: readonly Step[],
  head: string,
  isAskedAtOnce: boolean,
): [BranchRecord | undefined, string[]] {
  let recorded: BranchRecord | undefined;
  let isDeferred = false;
  const deployed: string[] = [];
  const sync = () => {
    const told = head === NONE ? 'gone' : ({ commit: head, message: 'm' } as const);
    recorded = apply(recorded, decideBranchHead('topic', told, PROJECT, recorded));
    isDeferred = false;
  };
  for (const step of deliveries) {
    const decision = decidePush(pushWebhook(step), PROJECT, recorded);
    if (decision.kind === 'deploy') deployed.push(decision.commit);
    const pushedAt = keptPushedAt(pushWebhook(step), recorded);
    recorded = { ...(apply(recorded, decision) ?? GONE), pushedAt };
    isDeferred ||= decision.kind === 'defer';
    if (isDeferred && isAskedAtOnce) sync();
  }
  if (isDeferred) sync();
  return [recorded, deployed];
}

function placeOf(recorded: BranchRecord | undefined): string | null {
  return recorded === undefined || recorded.deletedAt !== null ? NONE : recorded.commit;
}

test('late, repeated and reordered pushes end where the branch is, whenever GitHub is asked', () => {
  assert(
    property(history, arrival, constantFrom(true, false), (steps, [order, repeats], isAskedAtOnce) => {
      const head = steps.at(-1)?.to ?? NONE;
      const again = repeats.flatMap((index) => steps.slice(index, index + 1));
      const deliveries = [...steps, ...again]
        .map((step, index) => ({ step, place: order[index % order.length] ?? 0 }))
        .toSorted((one, other) => one.place - other.place)
        .map(({ step }) => step);
      expect(placeOf(play(deliveries, head, isAskedAtOnce)[0])).toBe(head);
    }),
    { numRuns: 5000 },
  );
});

test('pushes in order, a second apart, are all deployed without asking GitHub', () => {
  assert(
    property(history, (moves) => {
      const steps = moves.map((step, index) => ({ ...step, pushedAt: new Date(1_000_000 + index * 1000) }));
      const commits = steps.map(({ to }) => to).filter((commit) => commit !== NONE);
      expect(play(steps, 'd'.repeat(40), true)[1]).toEqual(commits);
    }),
  );
});
