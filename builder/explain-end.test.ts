import { describe, expect, it } from 'vitest';
import { explainEnd } from './explain-end.ts';
import type { CommandEnd } from './sandbox/command.ts';

function exited(code: number | null, signal: NodeJS.Signals | null = null): CommandEnd {
  return { ended: 'exited', code, signal };
}

describe('why a command failed the build', () => {
  it.each<[CommandEnd, string, RegExp]>([
    [exited(1), 'build_failed', /^The command "npm run build" ended with exit code 1\./],
    [exited(126), 'build_failed', /not executable/],
    [exited(127), 'build_failed', /a program was not found/],
    [exited(139), 'build_failed', /exit code 139 \(ended by signal 11\)/],
    [exited(null, 'SIGSEGV'), 'build_failed', /ended by the signal SIGSEGV/],
    [{ ended: 'timeout', timeoutMs: 90_000 }, 'timeout', /after 90 s, its time limit/],
    [
      { ended: 'out_of_memory', limitBytes: 2e9, usedBytes: 2.1e9 },
      'out_of_memory',
      /more memory .* \(2 GB\)/,
    ],
    [
      { ended: 'limit_exceeded', which: 'disk', limit: 1, used: 2, message: 'The work folder is full.' },
      'limit_exceeded',
      /The work folder is full\./,
    ],
    [{ ended: 'not_started', message: 'No shell.' }, 'build_failed', /did not start\. No shell\./],
  ])('%o is %s', (end, reason, message) => {
    const explanation = explainEnd('npm run build', end, 'build_failed');
    expect(explanation?.reason).toBe(reason);
    expect(explanation?.message).toMatch(message);
  });

  it.each([[exited(0)], [{ ended: 'stopped' } as const]])('%o is no failure', (end) => {
    expect(explainEnd('npm ci', end, 'install_failed')).toBeUndefined();
  });

  it('shows a long command in one short line', () => {
    const explanation = explainEnd(`a\n${'b'.repeat(5000)}`, exited(1), 'install_failed');
    expect(explanation?.message).toMatch(/^The command "a b{198}…" ended/);
  });
});
