import { expect, test } from 'vitest';
import { DEPLOYMENT_STATUSES, type DeploymentStatus } from '../words.ts';
import { pickReport, type RankedReport, rankReport } from './pick-report.ts';

const status = (status: DeploymentStatus, reportedStatus: DeploymentStatus | null = null): RankedReport => ({
  kind: 'status',
  status,
  reportedStatus,
});
const comment = (isOver: boolean): RankedReport => ({ kind: 'comment', isOver });
const deployment = (shows: DeploymentStatus | 'replaced'): RankedReport => ({ kind: 'deployment', shows });

/** Each is told before all that stand below it. */
const LINES: readonly (readonly RankedReport[])[] = [
  [
    status('ready', 'building'),
    status('failed'),
    status('canceled', 'queued'),
    status('superseded'),
    status('skipped'),
  ],
  [comment(true)],
  [deployment('ready'), deployment('failed'), deployment('canceled')],
  [status('queued'), status('building'), status('blocked')],
  [comment(false)],
  [deployment('queued'), deployment('launching'), deployment('building')],
  [status('building', 'queued'), status('queued', 'building')],
  [deployment('replaced'), deployment('superseded')],
];
const PAIRS = LINES.flatMap((line, index) =>
  line.flatMap((first) =>
    LINES.slice(index + 1).flatMap((rest) => rest.map((later) => [first, later] as const)),
  ),
);

test.each(PAIRS)('%j is told before %j', (first, later) => {
  expect(pickReport([later, first])).toBe(first);
  expect(pickReport([first, later])).toBe(first);
});

test.each(LINES)('of what is worth the same, the first stays the first', (...line) => {
  expect(new Set(line.map(rankReport)).size).toBe(1);
  expect(pickReport(line)).toBe(line[0]);
});

test('every status has its place', () => {
  for (const each of DEPLOYMENT_STATUSES) {
    expect(rankReport(status(each))).toBeGreaterThanOrEqual(0);
    expect(rankReport(deployment(each))).toBeGreaterThanOrEqual(0);
  }
});

test('where nothing is due, nothing is told', () => {
  expect(pickReport([])).toBeUndefined();
});
