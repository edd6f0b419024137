import { describe, expect, test } from 'vitest';
import { aliasNamesOf, deploymentUrls } from './deployment-urls.ts';
import type { Environment, RefKind } from './words.ts';

const PROJECT = { id: 'p'.repeat(20), slug: 'shop' };
const ID = 'd'.repeat(20);
const deployment = (refKind: RefKind, ref: string, environment: Environment = 'preview') => ({
  id: ID,
  refKind,
  ref,
  environment,
});

describe('the hosts of a deployment', () => {
  test.each([
    { of: deployment('branch', 'main', 'production'), labels: [`${ID}--shop`, 'main--shop', 'shop'] },
    { of: deployment('branch', 'main'), labels: [`${ID}--shop`, 'main--shop'] },
    { of: deployment('pull-request', '7'), labels: [`${ID}--shop`, 'pr-7--shop'] },
    { of: deployment('tag', 'v1'), labels: [`${ID}--shop`] },
    { of: deployment('commit', 'a'.repeat(40)), labels: [`${ID}--shop`] },
  ])('$of.refKind $of.ref, $of.environment', ({ of, labels }) => {
    expect(aliasNamesOf(of, PROJECT).map((name) => name.label)).toEqual(labels);
  });

  test('those of a branch’s own pull requests are its hosts too, but for a fork’s, or the merge queue', () => {
    const labelsOf = (refKind: RefKind, ref: string) =>
      aliasNamesOf(deployment(refKind, ref), PROJECT, [9, 7]).map(({ label }) => label);
    expect(labelsOf('branch', 'topic')).toEqual([`${ID}--shop`, 'topic--shop', 'pr-9--shop', 'pr-7--shop']);
    expect(labelsOf('pull-request', '8')).toEqual([`${ID}--shop`, 'pr-8--shop']);
    expect(labelsOf('branch', 'gh-readonly-queue/main/pr-7')).toEqual([`${ID}--shop`]);
    const domain = { scheme: 'http', host: 'localhost', port: 8000 } as const;
    const of = { ...deployment('branch', 'topic'), pullRequest: 7 };
    expect(deploymentUrls(of, PROJECT, domain).pullRequest).toBe('http://pr-7--shop.localhost:8000');
  });

  test('URLs carry scheme and port of the domain', () => {
    const domain = { scheme: 'http', host: 'localhost', port: 8000 } as const;
    expect(deploymentUrls(deployment('branch', 'main', 'production'), PROJECT, domain)).toEqual({
      deployment: `http://${ID}--shop.localhost:8000`,
      branch: 'http://main--shop.localhost:8000',
      pullRequest: null,
      production: 'http://shop.localhost:8000',
    });
    expect(deploymentUrls(deployment('tag', 'v1'), PROJECT, domain)).toMatchObject({
      branch: null,
      production: null,
    });
  });
});
