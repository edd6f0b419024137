import { describe, expect, it } from 'vitest';
import type { Executor } from '../db/database.ts';
import { createHintSender, type Hint, holdHints, mergeHints } from './hint-jobs.ts';
import type { JobSender } from './queue.ts';

const SCHEDULE: Hint = { name: 'schedule-builds', payload: {} };
const REPORT: Hint = { name: 'report-deployments', payload: {} };
const labels = (...names: string[]): Hint => ({ name: 'project-aliases', payload: { labels: names } });
const DB = {} as Executor;

function recordJobs(answer: () => Promise<boolean> = async () => true) {
  const sent: { name: string; payload: unknown }[] = [];
  const send: JobSender['send'] = (_, name, payload) => {
    sent.push({ name, payload });
    return answer();
  };
  return { sent, jobs: { send } };
}

describe('hints', () => {
  it.each([
    ['none', [], []],
    ['the same one twice is one', [SCHEDULE, REPORT, SCHEDULE], [SCHEDULE, REPORT]],
    [
      'hosts go together, each once',
      [labels('a', 'b'), SCHEDULE, labels('b', 'c')],
      [labels('a', 'b', 'c'), SCHEDULE],
    ],
  ])('%s', (_, hints, merged) => {
    expect(mergeHints(hints)).toEqual(merged);
  });

  it('of more hosts than one job should have are several jobs', () => {
    const names = Array.from({ length: 250 }, (_, number) => `host-${number}`);
    const groups = mergeHints([labels(...names)]).map(({ payload }) =>
      'labels' in payload ? payload.labels : [],
    );
    expect(groups.map((group) => group.length)).toEqual([100, 100, 50]);
    expect(groups.flat()).toEqual(names);
  });

  it('are held back, and no other job is', async () => {
    const { sent, jobs } = recordJobs();
    const holding = holdHints(jobs);
    await holding.jobs.send(DB, 'schedule-builds', {});
    await holding.jobs.send(DB, 'sync-branch', { projectId: 'p', branch: 'main' });
    await holding.jobs.send(DB, 'report-deployments', {}, { startAfter: 5 });
    expect(holding.held).toEqual([SCHEDULE]);
    expect(sent.map(({ name }) => name)).toEqual(['sync-branch', 'report-deployments']);
  });
});

describe('the sender of hints', () => {
  it('sends at once, and what comes meanwhile together', async () => {
    const answers = [Promise.withResolvers<boolean>()];
    const { sent, jobs } = recordJobs(() => answers[0]?.promise ?? Promise.resolve(true));
    const sender = createHintSender({ db: DB, jobs, log: { warn: () => undefined } });
    sender.send([SCHEDULE]);
    sender.send([SCHEDULE, labels('a')]);
    sender.send([SCHEDULE, labels('b')]);
    expect(sent).toEqual([SCHEDULE]);
    answers[0]?.resolve(true);
    await sender.idle();
    expect(sent).toEqual([SCHEDULE, SCHEDULE, labels('a', 'b')]);
  });

  it('goes on after a failure', async () => {
    const errors: unknown[] = [];
    let isBroken = true;
    const { sent, jobs } = recordJobs(async () => {
      if (isBroken) throw new Error('the database is away');
      return true;
    });
    const sender = createHintSender({ db: DB, jobs, log: { warn: ({ err }) => errors.push(err) } });
    sender.send([SCHEDULE]);
    await sender.idle();
    isBroken = false;
    sender.send([REPORT]);
    await sender.idle();
    expect(errors).toHaveLength(1);
    expect(sent).toEqual([SCHEDULE, REPORT]);
  });

  it('has nothing to do for nothing', async () => {
    const { sent, jobs } = recordJobs();
    const sender = createHintSender({ db: DB, jobs, log: { warn: () => undefined } });
    sender.send([]);
    await sender.idle();
    expect(sent).toEqual([]);
  });
});
