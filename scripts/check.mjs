// Everything that must hold before a change lands, in the order of what fails fastest. `--static` leaves the tests out.
import { spawnSync } from 'node:child_process';

const STATIC_STEPS = [
  ['format', 'oxfmt', '--check'],
  ['lint', 'oxlint'],
  ['types', 'tsc'],
  ['types in the browser', 'tsc', '-p', 'app/dashboard/browser'],
  ['borders', 'node', 'scripts/check-borders.mjs'],
  ['dead code', 'knip'],
];
const TESTS = [['tests', 'vitest', 'run']];

const steps = process.argv.includes('--static') ? STATIC_STEPS : [...STATIC_STEPS, ...TESTS];
const failed = [];
for (const [name, command, ...args] of steps) {
  const startedAt = performance.now();
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (error) process.stderr.write(`${command} did not start: ${error.message}. Run \`npm ci\` first.\n`);
  if (status !== 0) failed.push(name);
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
}
if (failed.length > 0) {
  process.stderr.write(`\nnot green: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
