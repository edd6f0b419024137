import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../app/config.ts';
import { MAX_RECENT } from '../app/domain/decide-alias-move.ts';
import { slugOfName } from '../app/domain/project-name.ts';
import { branchSlugOf, formatLabel, MAX_LABEL_LENGTH, MAX_PROJECT_SLUG_LENGTH } from '../contracts/host.ts';
import { isHashedName } from '../proxy/cache-policy.ts';
import { fillPart, renderTable } from '../test/support/documents.ts';

const PAGE = path.join(import.meta.dirname, 'hosts.md');
const PROJECT = { id: 'k3v9x0p2m7q4w8z1c5b6', slug: 'shop' };
const BRANCHES = [
  'main',
  'new-header',
  'feature/new-header',
  'Release_1.2',
  'pr-7',
  'dependabot/npm_and_yarn/packages/site/types-node-24.19.2-and-eslint-9.39.1',
];

describe('docs/hosts.md', async () => {
  const page = await readFile(PAGE, 'utf8');

  it('shows the hosts that branches really get (`npx vitest run docs -u` writes them)', async () => {
    const rows = BRANCHES.map((branch) => {
      const slug = branchSlugOf(branch, PROJECT);
      return [`\`${branch}\``, `\`${formatLabel({ kind: 'branch', project: PROJECT.slug, slug })}\``];
    });
    await expect(fillPart(page, 'branches', renderTable(['branch', 'host'], rows))).toMatchFileSnapshot(PAGE);
  });

  it('tells the bounds and defaults that hold', () => {
    const { keepPerBranch, previewDays, blobGraceMs, logRetentionDays } = SETTINGS;
    const defaults = [keepPerBranch, previewDays, blobGraceMs, logRetentionDays].map(
      ({ fallback }) => fallback,
    );
    expect(defaults).toEqual(['10', '30', '86400000', '90']);
    expect([MAX_LABEL_LENGTH, MAX_PROJECT_SLUG_LENGTH, MAX_RECENT]).toEqual([63, 30, 5]);
    expect(slugOfName('My Shop')).toBe('my-shop');
    expect(isHashedName('app-Bx2f9Kq1.js')).toBe(true);
  });
});
