import { describe, expect, test } from 'vitest';
import { buildSpecSchema } from '../../contracts/build-spec.ts';
import {
  BUILD_VARIABLES,
  type BuildFacts,
  type BuildPolicy,
  formatBuildSpec,
  FRAMEWORK_VARIABLES,
} from './build-spec.ts';

const policy: BuildPolicy = {
  limits: {
    checkoutTimeoutMs: 1,
    installTimeoutMs: 2,
    buildTimeoutMs: 3,
    publishTimeoutMs: 4,
    repositoryBytes: 5,
    memoryBytes: 6,
    processes: 7,
    diskBytes: 8,
    outputFiles: 9,
    outputFileBytes: 10,
    outputBytes: 11,
    logBytes: 12,
  },
  heartbeatMs: 13,
  leaseMs: 14,
  allowLocal: false,
  domain: { scheme: 'https', host: 'example.com', port: undefined },
};

function factsOf(
  changes: Partial<BuildFacts['deployment']> = {},
  variables: BuildFacts['variables'] = {},
): BuildFacts {
  return {
    project: { id: 'p'.repeat(20), slug: 'site' },
    deployment: {
      id: 'd'.repeat(20),
      environment: 'production',
      refKind: 'branch',
      ref: 'main',
      commit: 'c'.repeat(40),
      pullRequest: null,
      isTrusted: true,
      baseRef: null,
      settings: { nodeMajor: 22 },
      ...changes,
    },
    attempt: { number: 2 },
    sourceUrl: 'https://user:password@git.example.com/site.git',
    variables,
  };
}

describe('formatBuildSpec', () => {
  test('says what a builder needs, in the words of the contract', () => {
    const spec = formatBuildSpec(factsOf(), policy);
    expect(buildSpecSchema.parse(spec)).toEqual(spec);
    expect(spec).toMatchObject({
      attempt: 2,
      source: { url: 'https://user:password@git.example.com/site.git', ref: 'main', allowLocal: false },
      settings: { nodeMajor: 22 },
      limits: policy.limits,
      heartbeatMs: 13,
      leaseMs: 14,
    });
  });

  test.each([
    [{ refKind: 'branch', ref: 'main' }, 'main', 'main'],
    [{ refKind: 'tag', ref: 'v1' }, 'v1', undefined],
    [{ refKind: 'commit', ref: 'cccccccc' }, null, undefined],
  ] as const)('of %o', (changes, ref, branch) => {
    const spec = formatBuildSpec(factsOf(changes), policy);
    expect(spec.source?.ref).toBe(ref);
    expect(spec.environment['OFFSHOOT_BRANCH']).toBe(branch);
  });

  test('builds see every variable that is promised, CI, and nothing that changes what npm installs', () => {
    const { environment } = formatBuildSpec(factsOf({ pullRequest: 7 }), policy);
    expect(Object.keys(environment).toSorted()).toEqual(
      ['CI', ...BUILD_VARIABLES, ...FRAMEWORK_VARIABLES].toSorted(),
    );
    const own = `https://${'d'.repeat(20)}--site.example.com`;
    expect(environment).toMatchObject({
      CI: 'true',
      OFFSHOOT_DEPLOYMENT_URL: own,
      OFFSHOOT_ENVIRONMENT: 'production',
      OFFSHOOT_PULL_REQUEST: '7',
      URL: 'https://site.example.com',
      DEPLOY_URL: own,
      DEPLOY_PRIME_URL: 'https://main--site.example.com',
      BRANCH: 'main',
      COMMIT_REF: 'c'.repeat(40),
    });
  });

  test('of a commit no branch is named, and its main address is its own', () => {
    const { environment } = formatBuildSpec(factsOf({ refKind: 'commit', environment: 'preview' }), policy);
    expect(environment).not.toHaveProperty('BRANCH');
    expect(environment).not.toHaveProperty('OFFSHOOT_PULL_REQUEST');
    expect(environment['DEPLOY_PRIME_URL']).toBe(environment['OFFSHOOT_DEPLOYMENT_URL']);
  });

  test.each(['VERCEL', 'NETLIFY', 'CF_PAGES', 'CONTEXT', 'GITHUB_ACTIONS'])(
    'no build is told a %s, which would switch on what writes for another host',
    (name) => expect(formatBuildSpec(factsOf(), policy).environment).not.toHaveProperty(name),
  );

  test("the project's variables beat those of frameworks and CI, never Offshoot's own", () => {
    const variables = {
      URL: 'https://shop.example',
      CI: 'false',
      OFFSHOOT_BRANCH: 'x',
      TOKEN: 'long-secret',
    };
    const { environment, secrets } = formatBuildSpec(factsOf({}, variables), policy);
    expect(environment).toMatchObject({ ...variables, OFFSHOOT_BRANCH: 'main' });
    expect(secrets).toEqual(['https://shop.example', 'long-secret']);
  });

  test('a fork’s commit is fetched by its pull request, and built as the base branch says', () => {
    const fork = { refKind: 'pull-request', ref: '7', pullRequest: 7, isTrusted: false } as const;
    const spec = formatBuildSpec(factsOf({ ...fork, environment: 'preview', baseRef: 'next' }), policy);
    expect(buildSpecSchema.parse(spec)).toEqual(spec);
    expect(spec).toMatchObject({
      fork: { pullRequest: 7, baseBranch: 'next' },
      source: { ref: null },
      cacheWritable: false,
    });
    expect(spec.environment).toMatchObject({
      OFFSHOOT_PULL_REQUEST: '7',
      DEPLOY_PRIME_URL: 'https://pr-7--site.example.com',
      PULL_REQUEST: 'true',
      REVIEW_ID: '7',
    });
    expect(spec.environment).not.toHaveProperty('OFFSHOOT_BRANCH');
    expect(formatBuildSpec(factsOf(), policy)).not.toHaveProperty('fork');
  });

  test.each([true, false])('trusted (%s) decides whether the shared cache may be written', (isTrusted) =>
    expect(formatBuildSpec(factsOf({ isTrusted }), policy).cacheWritable).toBe(isTrusted),
  );

  test('credentials reach the source alone', () => {
    const { source, ...rest } = formatBuildSpec(factsOf(), policy);
    expect(source?.url).toContain('password');
    expect(JSON.stringify(rest)).not.toContain('password');
  });
});
