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
    ['named a time', failed({ kind: 'rate_limited', retryAt: AT, message: 'Slow down.' }), AT],
    ['named none', failed({ kind: 'unavailable', retryAt: null, message: 'Slow down.' }), null],
    ['said no for good', failed({ kind: 'forbidden', message: 'Slow down.' }), null],
  ])('that is none, where GitHub %s', (_, result, retryAt) => {
    expect(() => answerOf(result)).toThrow(new GithubCallFailed('Slow down.', retryAt));
    try {
      answerOf(result);
    } catch (error) {
      expect(error).toMatchObject({ retryAt });
    }
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
    const sent = await run(() => Promise.reject(new GithubCallFailed('Slow down.', AT)));
    expect(sent).toEqual([{ ...JOB, startAfter: new Date(AT) }]);
  });

  it.each([new GithubCallFailed('It is broken.'), new Error('a bug')])(
    'fails otherwise, for the queue to try it again: %s',
    async (error) => {
      await expect(run(() => Promise.reject(error))).rejects.toBe(error);
    },
  );

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
