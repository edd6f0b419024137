import { expect, test } from 'vitest';
import type { DeploymentStatus } from '../words.ts';
import type { ReportedDeployment } from './format-commit-status.ts';
import {
  type DeploymentOrigin,
  formatEnvironment,
  formatGitHubDeployment,
  formatGitHubDeploymentStatus,
} from './format-github-deployment.ts';

const ORIGIN: DeploymentOrigin = {
  id: 'x1',
  environment: 'preview',
  refKind: 'branch',
  ref: 'feature/a',
  pullRequest: null,
  commit: 'abcdef0123456789abcdef0123456789abcdef01',
};
const SHOP = { slug: 'shop', sharesRepository: false };
const PLACE = { pageUrl: 'https://app.test/d/x1', siteUrl: 'https://a--shop.test/', isReplaced: false };

test('a preview is a transient deployment of its commit that waits for nothing', () => {
  expect(formatGitHubDeployment(ORIGIN, SHOP)).toEqual({
    ref: ORIGIN.commit,
    task: 'deploy',
    auto_merge: false,
    required_contexts: [],
    environment: 'preview/feature/a',
    description: 'Offshoot builds shop.',
    transient_environment: true,
    production_environment: false,
    payload: { offshoot: 'x1' },
  });
});

test('production is neither transient nor a preview', () => {
  expect(formatGitHubDeployment({ ...ORIGIN, environment: 'production' }, SHOP)).toMatchObject({
    environment: 'production',
    transient_environment: false,
    production_environment: true,
  });
});

test.each<[Partial<DeploymentOrigin>, boolean, string]>([
  [{}, true, 'shop/preview/feature/a'],
  [{ environment: 'production' }, true, 'shop/production'],
  [{ pullRequest: 7, refKind: 'pull-request', ref: 'feature/a' }, false, 'preview/pr-7'],
  [{ refKind: 'tag', ref: 'v1' }, false, 'preview/v1'],
  [{ refKind: 'commit', ref: ORIGIN.commit }, false, 'preview/abcdef0'],
  [{ ref: 'x'.repeat(255) }, false, `preview/${'x'.repeat(246)}…`],
])('%j, repository shared: %s, is in %s', (origin, sharesRepository, environment) => {
  expect(formatEnvironment({ ...ORIGIN, ...origin }, { ...SHOP, sharesRepository })).toBe(environment);
});

const told = (status: DeploymentStatus, more: Partial<ReportedDeployment> = {}) => ({
  status,
  reason: null,
  message: null,
  ...more,
});

test('a ready deployment leads to its site and its log', () => {
  expect(formatGitHubDeploymentStatus(told('ready'), PLACE)).toEqual({
    state: 'success',
    description: 'It was built and published.',
    log_url: PLACE.pageUrl,
    environment_url: PLACE.siteUrl,
    auto_inactive: false,
  });
});

test.each<[ReportedDeployment, boolean, string, string]>([
  [told('queued'), false, 'queued', 'It waits for a builder.'],
  [told('launching'), false, 'in_progress', 'A builder is starting.'],
  [told('building'), false, 'in_progress', 'The build runs.'],
  [told('ready'), true, 'inactive', 'It is not served at this address any more.'],
  [told('failed', { reason: 'build_failed' }), false, 'failure', 'The build command failed.'],
  [told('failed', { reason: 'lost' }), false, 'error', 'The builder, or the uploader, was lost.'],
  [told('failed', { reason: 'build_failed' }), true, 'failure', 'The build command failed.'],
  [told('canceled'), false, 'inactive', 'It was canceled before it was done.'],
  [told('superseded'), true, 'inactive', 'A newer deployment took its place before it was built.'],
])('%j, replaced: %s, is %s: %s', (deployment, isReplaced, state, description) => {
  const status = formatGitHubDeploymentStatus(deployment, { ...PLACE, isReplaced });
  expect(status).toMatchObject({ state, description, environment_url: '', log_url: PLACE.pageUrl });
});

test.each(['blocked', 'skipped'] as const)('what is %s is no deployment', (status) => {
  expect(formatGitHubDeploymentStatus(told(status), PLACE)).toBeUndefined();
});
