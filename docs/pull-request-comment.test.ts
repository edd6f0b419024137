import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatCommentData } from '../app/domain/github/comment-data.ts';
import { DEPLOYMENT_STATUSES } from '../app/domain/words.ts';
import { fillPart } from '../test/support/documents.ts';

const PAGE = path.join(import.meta.dirname, 'pull-request-comment.md');
const PROJECT = {
  project: 'shop',
  status: 'ready',
  previewUrl: 'https://topic--shop.example.com/',
  deploymentUrl: 'https://offshoot.example.com/deployments/4k2j9x0c7m1q8w3e5r6t',
  commit: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
  updatedAt: '2026-11-26T05:30:00.000Z',
};

describe('docs/pull-request-comment.md', async () => {
  const page = await readFile(PAGE, 'utf8');

  it('shows the line that the code writes (`npx vitest run docs -u` writes it)', async () => {
    const example = ['```html', formatCommentData([PROJECT]), '```'].join('\n');
    await expect(fillPart(page, 'comment-data', example)).toMatchFileSnapshot(PAGE);
  });

  it.each(['version', 'projects', ...Object.keys(PROJECT), ...DEPLOYMENT_STATUSES])('explains %s', (word) => {
    expect(page).toContain(`\`${word}\``);
  });
});
