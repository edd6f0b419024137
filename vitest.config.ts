import { defineConfig } from 'vitest/config';

const TEST_TIMEOUT_MS = 30_000;

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', '.offshoot/**', 'test/fixtures/repositories/**', 'test/servers/**'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: TEST_TIMEOUT_MS,
    reporters: ['default', './test/support/summary-reporter.ts'],
    pool: 'forks',
    // Most of a test's time is waiting for servers and builds, so two files at a time pay even on two cores.
    maxWorkers: 2,
    // A flaky test is a bug: locally it fails. CI names it (summary-reporter.ts), but does not throw the work away.
    retry: process.env['CI'] === 'true' ? 1 : 0,
  },
});
