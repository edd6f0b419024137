import { defineConfig } from 'vitest/config';

const TEST_TIMEOUT_MS = 30_000;

/** Tests in Chromium. */
const IN_BROWSER = ['**/*.browser.test.ts', 'test/e2e/browser/**'];
/** What takes the machine's processes and memory as far as it may: a browser beside it would lose its renderer. */
const HOSTILE = [
  'builder/sandbox/hostile/**',
  'test/e2e/hostile.test.ts',
  'app/builds/launchers/process.test.ts',
];

const NEVER = ['node_modules/**', '.offshoot/**', 'test/fixtures/repositories/**', 'test/servers/**'];

/** Tests that may share the machine with one another; the groups run one after the other. */
function group(name: string, groupOrder: number, maxWorkers: number, include: string[], exclude: string[]) {
  return {
    test: {
      name,
      include: include.map((glob) => (glob.endsWith('.ts') ? glob : `${glob}/*.test.ts`)),
      exclude: [...NEVER, ...exclude],
      // A flaky test is a bug: locally it fails. CI names it (summary-reporter.ts), but does not throw the work away.
      retry: process.env['CI'] === 'true' ? 1 : 0,
      testTimeout: TEST_TIMEOUT_MS,
      hookTimeout: TEST_TIMEOUT_MS,
      pool: 'forks' as const,
      maxWorkers,
      sequence: { groupOrder },
    },
  };
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      group('browser', 0, 2, IN_BROWSER, []),
      // Most of a test's time is waiting for servers and builds, so more files than cores at a time pay.
      group('rest', 1, 3, ['**/*.test.ts'], [...IN_BROWSER, ...HOSTILE]),
      group('hostile', 2, 1, HOSTILE, []),
    ],
  },
});
