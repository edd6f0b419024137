import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../test/support/offshoot.ts';
import { decideRestart, type Service, type ServiceEvents, startService } from './children.ts';

const TIMEOUT_MS = 10_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'offshoot-children-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the wait before a restart', () => {
  test.each([
    { failures: 0, ranMs: 5, next: 1, delayMs: 100, because: 'the first one is soon' },
    { failures: 1, ranMs: 5, next: 2, delayMs: 200, because: 'it doubles' },
    { failures: 6, ranMs: 5, next: 7, delayMs: 6400, because: 'and doubles' },
    { failures: 7, ranMs: 5, next: 8, delayMs: 10_000, because: 'it ends at 10 s' },
    { failures: 2000, ranMs: 59_999, next: 2001, delayMs: 10_000, because: 'it never gives up' },
    { failures: 2000, ranMs: 60_000, next: 1, delayMs: 100, because: 'a minute of health begins anew' },
  ])('$because', ({ failures, ranMs, next, delayMs }) => {
    expect(decideRestart(failures, ranMs)).toEqual({ failures: next, delayMs });
  });
});

/** A service whose process runs `script`; it is ready when there is something in the file that it gets as argument. */
function serviceOf(script: string, more: Partial<Service> = {}): Service & { readonly file: string } {
  const file = path.join(folder, String(Math.random()));
  return {
    name: 'The service',
    file,
    start: async (): Promise<ChildProcess> =>
      spawn(process.execPath, ['-e', script, file], { detached: true, stdio: ['pipe', 'ignore', 'pipe'] }),
    isReady: async () => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0,
    askToStop: (child) => child.kill('SIGTERM'),
    readyTimeoutMs: TIMEOUT_MS,
    stopTimeoutMs: TIMEOUT_MS,
    ...more,
  };
}

function record(): ServiceEvents & { readonly said: string[]; readonly pids: number[] } {
  const [said, pids]: [string[], number[]] = [[], []];
  return {
    said,
    pids,
    say: (sentence) => said.push(sentence),
    now: Date.now,
    started: async (_, pid) => void pids.push(pid),
  };
}

const RUNS = "require('fs').appendFileSync(process.argv[1], 'x'); setInterval(() => {}, 1000)";

function isAlive(pid: number | undefined): boolean {
  try {
    return process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
}

describe('a service', () => {
  test('that is killed is started again, and people are told', async () => {
    const [service, events] = [serviceOf(RUNS), record()];
    const running = await startService(service, events);
    process.kill(events.pids[0] ?? 0, 'SIGKILL');
    await waitFor('a second run', TIMEOUT_MS, async () =>
      (await readFile(service.file, 'utf8')) === 'xx' ? true : undefined,
    );
    await waitFor('the news', TIMEOUT_MS, async () => (events.said.length === 2 ? true : undefined));
    expect(events.said).toEqual([
      'The service ended (killed by SIGKILL); it is started again in 0.1 s.',
      'The service is back.',
    ]);
    await running.stop();
    expect(events.pids.map(isAlive)).toEqual([false, false]);
  });

  test('that fails its first start says its last words', async () => {
    const service = serviceOf("console.error('no such folder'); process.exitCode = 3");
    await expect(startService(service, record())).rejects.toThrow(
      'The service ended before it was ready (exit code 3). Its last words:\n  no such folder',
    );
  });

  test('that is not ready in time is killed', async () => {
    const events = record();
    const service = serviceOf('setInterval(() => {}, 1000)', { readyTimeoutMs: 300 });
    await expect(startService(service, events)).rejects.toThrow('The service did not answer within 0.3 s.');
    expect(isAlive(events.pids[0])).toBe(false);
  });

  test('whose program is missing is told as such', async () => {
    const service = serviceOf('', { start: async () => spawn('/no/such/program') });
    await expect(startService(service, record())).rejects.toThrow(
      'could not be started: spawn /no/such/program',
    );
  });

  test('that does not end when asked is killed after its time', async () => {
    const deaf = `process.on('SIGTERM', () => {}); ${RUNS}`;
    const events = record();
    const running = await startService(serviceOf(deaf, { stopTimeoutMs: 200 }), events);
    const askedAt = Date.now();
    await running.stop();
    expect(Date.now() - askedAt).toBeGreaterThanOrEqual(200);
    expect(isAlive(events.pids[0])).toBe(false);
  });

  test('that is stopped while it waits to be started again stays stopped', async () => {
    const [service, events] = [serviceOf(RUNS), record()];
    const running = await startService(service, events);
    process.kill(events.pids[0] ?? 0, 'SIGKILL');
    await waitFor('the news', TIMEOUT_MS, async () => events.said[0]);
    await running.stop();
    expect(await readFile(service.file, 'utf8')).toBe('x');
  });

  test('that is stopped at the moment when it is back is stopped too', async () => {
    const events = record();
    let stopped: Promise<void> | undefined;
    const service = serviceOf(RUNS, {
      isReady: async () => {
        if (events.pids.length === 2) stopped ??= running?.stop();
        return true;
      },
    });
    const running = await startService(service, events);
    process.kill(events.pids[0] ?? 0, 'SIGKILL');
    await waitFor('the stop', TIMEOUT_MS, async () => stopped?.then(() => true));
    expect(events.pids.map(isAlive)).toEqual([false, false]);
  });

  test('whose start is called off ends', async () => {
    const [stopping, events] = [new AbortController(), record()];
    const service = serviceOf('setInterval(() => {}, 1000)');
    const start = startService(service, { ...events, signal: stopping.signal });
    const refusal = start.then(
      () => 'started',
      (error: Error) => error.message,
    );
    await waitFor('the process', TIMEOUT_MS, async () => events.pids[0]);
    stopping.abort();
    expect(await refusal).toBe('The service was stopped while it started.');
    expect(isAlive(events.pids[0])).toBe(false);
  });

  test('is killed with all that it has started', async () => {
    const events = record();
    const parent = `const { pid } = require('child_process').spawn('sleep', ['1000']);
      require('fs').writeFileSync(process.argv[1], String(pid)); setInterval(() => {}, 1000)`;
    const service = serviceOf(parent);
    const running = await startService(service, events);
    const grandchild = Number(await readFile(service.file, 'utf8'));
    expect(isAlive(grandchild)).toBe(true);
    running.kill();
    await waitFor('the end', TIMEOUT_MS, async () => (isAliveNotZombie(grandchild) ? undefined : true));
    await running.stop();
  });
});

/** Where nobody buries orphans, the dead keep their process id. */
function isAliveNotZombie(pid: number): boolean {
  return isAlive(pid) && existsSync(`/proc/${pid}/exe`);
}
