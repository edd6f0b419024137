import { describe, expect, it } from 'vitest';
import type { Executor } from '../../db/database.ts';
import type { GithubFailure, GithubResult } from '../../domain/github-failure.ts';
import type { PaceDependencies } from '../../github/client/pace-writes.ts';
import type { JobSender } from '../../jobs/queue.ts';
import { answerOf, openQuestions, orComeAgain } from './ask-github.ts';
import { GithubCallFailed } from './github-call-failed.ts';

const AT = Date.parse('2026-01-01T00:00:00Z');
const failed = (failure: GithubFailure): GithubResult<never> => ({ ok: false, failure });

describe('an answer', () => {
  it('is what GitHub said', () => {
    expect(answerOf({ ok: true, value: 'main' })).toBe('main');
  });

  it.each([
    ['named a time', failed({ kind: 'rate_limited', retryAt: AT, message: 'Slow down.' }), AT, false],
    ['named none', failed({ kind: 'unavailable', retryAt: null, message: 'Slow down.' }), null, false],
    ['said no for good', failed({ kind: 'forbidden', message: 'Slow down.' }), null, true],
  ])('that is none, where GitHub %s', (_, result, retryAt, isFinal) => {
    const failure = expect.objectContaining({ message: 'Slow down.', retryAt, isFinal }) as Error;
    expect(() => answerOf(result)).toThrow(failure);
  });
});

describe('a job that asks GitHub', () => {
  const JOB = { name: 'sync-branch', payload: { projectId: 'p', branch: 'main' } } as const;
  const run = async (work: () => Promise<void>) => {
    const sent: unknown[] = [];
    const send: JobSender['send'] = async (_, name, payload, options) => {
      sent.push({ name, payload, ...options });
      return true;
    };
    await orComeAgain(JOB, { db: {} as Executor, jobs: { send } }, work);
    return sent;
  };

  it('comes again at the time that GitHub names', async () => {
    const sent = await run(() => Promise.reject(new GithubCallFailed('Slow down.', { retryAt: AT })));
    expect(sent).toEqual([{ ...JOB, startAfter: new Date(AT) }]);
  });

  it.each([
    ['it is broken', new GithubCallFailed('It is broken.')],
    ['of a bug', new Error('a bug')],
  ])('fails otherwise, for the queue to try it again: when %s', async (_, failure) => {
    await expect(run(() => Promise.reject(failure))).rejects.toBe(failure);
  });

  it('is given up where GitHub has refused for good', async () => {
    expect(await run(() => Promise.reject(new GithubCallFailed('No.', { isFinal: true })))).toEqual([]);
  });

  it('that is done is done', async () => {
    expect(await run(async () => undefined)).toEqual([]);
  });
});

describe('questions', () => {
  it('have nobody to ask without an App', async () => {
    const github = { read: async () => ({ state: 'none' }) as const };
    const opened = openQuestions(1, { github, githubPace: {} as PaceDependencies, now: () => AT });
    await expect(opened).rejects.toThrow(GithubCallFailed);
  });
});
