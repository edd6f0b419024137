import { describe, expect, test } from 'vitest';
import { createErrorFinder, suspectError } from './errors.ts';

describe('lines that tell of an error', () => {
  test.each([
    'npm ERR! code ELIFECYCLE',
    'npm error code E404',
    'npm error 404 Not Found - GET https://registry.npmjs.org/nope',
    "src/index.ts(4,7): error TS2322: Type 'string' is not assignable to type 'number'.",
    "src/index.ts:4:7 - error TS2322: Type 'string' is not assignable to type 'number'.",
    "Error: Cannot find module 'left-pad'",
    "TypeError: Cannot read properties of undefined (reading 'map')",
    'Uncaught ReferenceError: window is not defined',
    '    throw new Error: x',
    'Error [ERR_MODULE_NOT_FOUND]: Cannot find package',
    ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"',
    ' ELIFECYCLE  Command failed with exit code 1.',
    'error: script "build" exited with code 1',
    'error[E0425]: cannot find value `x` in this scope',
    'error during build:',
    '[vite]: Rollup failed to resolve import "x" from "src/main.js".',
    '✖ 3 problems (3 errors, 0 warnings)'.replace(', 0 warnings', ''),
    '✘ [ERROR] Could not resolve "react"',
    'ERROR in ./src/index.js',
    '[error] Build failed',
    'ERROR: failed to solve',
    'fatal: could not read Username',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    "Module not found: Can't resolve './app' in '/src'",
    'Failed to compile.',
    'Build failed with 2 errors:',
    'sh: 1: vite: command not found',
    'Traceback (most recent call last):',
    "thread 'main' panicked at src/main.rs:2:5:",
    'panic: runtime error: index out of range',
    'Segmentation fault (core dumped)',
    'Killed',
    'Tests:       1 failed, 11 passed, 12 total',
    'Found 3 errors.',
    'FAIL src/app.test.ts',
    '\u001b[31m\u001b[1merror\u001b[22m\u001b[39m: no such option',
  ])('%s', (text) => {
    expect(suspectError(text)).toBeGreaterThan(1);
  });
});

describe('lines that do not', () => {
  test.each([
    '',
    'added 212 packages in 4s',
    'Found 0 errors. Watching for file changes.',
    'found 0 vulnerabilities',
    '12 passed, 0 failed',
    'Errors: 0',
    'No errors found',
    'Finished without errors',
    'no failed tests',
    'dist/assets/error-handler-4f2a.js   1.2 kB',
    'src/errors/index.ts',
    'dist/error.html',
    'Compiling error-chain v0.12.4',
    '  ├─ pages/_error.js',
    '✓ shows an error when the request failed',
    '✔ handles failure',
    'ok 3 - reports an error: not found',
    'npm warn deprecated har-validator@5.1.5: this library is no longer supported',
    'warning: unused variable: `error`',
    '[WARN] Something failed, trying again',
    'running eslint --fail-on-warnings',
    'terrific',
    'transferring files',
    'interrupt handler installed',
  ])('%s', (text) => {
    expect(suspectError(text)).toBe(0);
  });
});

describe('the first error', () => {
  const INSTALL = { attempt: 1, phase: 'install', stream: 'stdout' };
  const BUILD = { attempt: 1, phase: 'build', stream: 'stdout' };
  const OURS = { attempt: 1, phase: 'build', stream: 'system' };
  type Line = Parameters<ReturnType<typeof createErrorFinder>['look']>[0];

  test.each<[string, Line[], failed: number | undefined, running: number | undefined]>([
    ['none in an empty log', [], undefined, undefined],
    ['none in a log without one', [{ ...BUILD, text: 'fine' }], undefined, undefined],
    [
      'the first of several',
      [
        { ...BUILD, text: 'fine' },
        { ...BUILD, text: 'Error: one' },
        { ...BUILD, text: 'Error: two' },
      ],
      1,
      1,
    ],
    [
      'the one in the phase that failed, not what an earlier one got over',
      [
        { ...INSTALL, text: 'npm error optional' },
        { ...BUILD, text: 'Error: mine' },
      ],
      1,
      0,
    ],
    [
      'a certain one before a likely one',
      [
        { ...BUILD, text: '2 failed' },
        { ...BUILD, text: 'Error: why' },
      ],
      1,
      1,
    ],
    [
      'a likely one when there is no other, once it has failed',
      [{ ...BUILD, text: '2 failed' }],
      0,
      undefined,
    ],
    [
      'what stood on standard error when nothing else did',
      [
        { ...BUILD, text: 'fine' },
        { ...BUILD, stream: 'stderr', text: 'Debugger attached.' },
        { ...BUILD, stream: 'stderr', text: '(node:1) Warning: old' },
        { ...BUILD, stream: 'stderr', text: 'cannot do that' },
      ],
      3,
      undefined,
    ],
    [
      'an earlier phase’s when the one that failed says nothing',
      [
        { ...INSTALL, text: 'Error: early' },
        { ...BUILD, text: 'fine' },
      ],
      0,
      0,
    ],
    [
      'not what Offshoot says of it',
      [{ ...OURS, text: 'The build failed: error: exit code 1' }],
      undefined,
      undefined,
    ],
    [
      'of the last attempt',
      [
        { ...BUILD, text: 'Error: one' },
        { ...BUILD, attempt: 2, text: 'fine' },
        { ...BUILD, attempt: 2, text: 'Error: two' },
      ],
      2,
      2,
    ],
    [
      'although the app’s own word comes last',
      [
        { ...BUILD, text: 'Error: one' },
        { ...OURS, phase: 'deploy', text: 'The build failed.' },
      ],
      0,
      0,
    ],
  ])('is %s', (_, lines, failed, running) => {
    const finder = createErrorFinder();
    lines.forEach((line, index) => finder.look(line, index));
    expect([finder.first(true), finder.first(false)]).toEqual([failed, running]);
  });
});
