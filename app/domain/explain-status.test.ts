import { describe, expect, it } from 'vitest';
import { explainStatus, type StatusSituation } from './explain-status.ts';
import { DEPLOYMENT_STATUSES } from './words.ts';

const AT_REST = { cancelRequested: false, isPublished: false, queue: null, attempt: 1 };

describe('explainStatus', () => {
  it.each(DEPLOYMENT_STATUSES)('says of %s in whole sentences what it means', (status) => {
    for (const source of ['git', 'upload'] as const) {
      const { says, next } = explainStatus({ ...AT_REST, status, source });
      for (const text of [says, next ?? says]) expect(text).toMatch(/^[A-Z].{10,}\.$/);
    }
  });

  it.each([
    [{ before: 0, running: 0 }, 'It starts in a moment.'],
    [{ before: 0, running: 1 }, 'It is the next to start; 1 build runs now.'],
    [{ before: 1, running: 2 }, '1 deployment will start before it; 2 builds run now.'],
    [{ before: 7, running: 0 }, '7 deployments will start before it; no builds run now.'],
    [null, 'It waits for a builder.'],
  ])('of a queue of %j: %s', (queue, says) => {
    expect(explainStatus({ ...AT_REST, status: 'queued', queue, attempt: 0 }).says).toBe(says);
  });

  it.each<[Partial<StatusSituation> & Pick<StatusSituation, 'status'>, RegExp]>([
    [{ status: 'building', cancelRequested: true }, /being canceled/],
    [{ status: 'canceled', cancelRequested: true }, /was canceled/],
    [{ status: 'building', isPublished: true }, /addresses are being moved/],
    [{ status: 'building', attempt: 2 }, /attempt 2/],
    [{ status: 'queued', attempt: 1 }, /another attempt/],
    [{ status: 'launching', source: 'upload' }, /uploader has not begun/],
    [{ status: 'building', source: 'upload' }, /are being uploaded/],
    [{ status: 'building', source: 'upload', isPublished: true }, /addresses are being moved/],
    [{ status: 'building', source: 'upload', cancelRequested: true }, /being canceled/],
    [{ status: 'ready', source: 'upload' }, /was uploaded/],
    [{ status: 'canceled', source: 'upload' }, /before all of it was here/],
    [{ status: 'failed', source: 'upload' }, /It failed/],
  ])('of %j: %s', (changes, says) => {
    expect(explainStatus({ ...AT_REST, ...changes }).says).toMatch(says);
  });
});
