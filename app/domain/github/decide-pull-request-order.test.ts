import { array, assert, constantFrom, integer, nat, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { A, B, recordOf, webhook } from '../../../test/support/pull-request-webhook.ts';
import {
  decidePullRequest,
  decidePullRequestState,
  type PullRequestDecision,
  type PullRequestRecord,
  type PullRequestState,
} from './decide-pull-request.ts';
import type { PullRequestWebhook } from './parse-webhook.ts';

test('late, repeated and reordered webhooks end at the newest state', () => {
  const move = record({
    commit: constantFrom(A, B),
    isOpen: constantFrom(true, false),
    afterS: integer({ min: 0, max: 2 }),
  });
  assert(
    property(
      array(move, { minLength: 1, maxLength: 8 }),
      array(nat(), { minLength: 8, maxLength: 8 }),
      (moves, order) => {
        let second = 1000;
        const told = moves.map(({ afterS, ...now }) =>
          webhook('edited', { ...now, second: (second += afterS) }),
        );
        const arriving = told
          .map((one, index) => ({ one, place: order[index] ?? 0 }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ one }) => one);
        const newest = told.at(-1) ?? webhook('opened', {});
        const end = arriving.reduce<PullRequestRecord | undefined>(
          (was, one) => take(one, newest, was),
          undefined,
        );
        expect(end).toEqual(recordOf(newest));
      },
    ),
    { numRuns: 2000 },
  );
});

function take(told: PullRequestWebhook, newest: PullRequestState, was: PullRequestRecord | undefined) {
  const decision: PullRequestDecision = decidePullRequest(told, was);
  if (decision.kind === 'update') return recordOf(told);
  if (decision.kind === 'ignore') return was;
  return decidePullRequestState(newest, was).kind === 'update' ? recordOf(newest) : was;
}
