import { expect, test } from 'vitest';
import { parseCommentData } from './comment-data.ts';
import { COMMENT_MARKER, type CommentRow, formatComment, MAX_COMMENT_LENGTH } from './format-comment.ts';

const ROW: CommentRow = {
  project: 'shop',
  status: 'ready',
  reason: null,
  message: null,
  previewUrl: 'https://topic--shop.example.com',
  deploymentUrl: 'https://offshoot.example.com/deployments/x1',
  commit: 'abcdef0123456789abcdef0123456789abcdef01',
  updatedAt: new Date('2026-01-02T03:04:05Z'),
  logLines: [],
};
const FAILED: CommentRow = {
  ...ROW,
  status: 'failed',
  reason: 'build_failed',
  message: 'It ended with 1.',
  previewUrl: null,
  logLines: ['first', 'last'],
};
const comment = (...rows: CommentRow[]) => formatComment({ isOpen: true, rows });
/** Without the marker and the data. */
const read = (body: string) => body.split('\n').slice(3).join('\n');

test('a ready deployment: marker, data, and a table', () => {
  const [marker, data, ...rest] = comment(ROW).split('\n');
  expect(marker).toBe(COMMENT_MARKER);
  expect(parseCommentData(data ?? '')).toEqual([
    {
      project: 'shop',
      status: 'ready',
      previewUrl: 'https://topic--shop.example.com/',
      deploymentUrl: ROW.deploymentUrl,
      commit: ROW.commit,
      updatedAt: '2026-01-02T03:04:05.000Z',
    },
  ]);
  expect(rest.join('\n')).toBe(`
| Project | Status | Preview | Commit | Updated (UTC) |
| --- | --- | --- | --- | --- |
| \`shop\` | [✅ Ready](https://offshoot.example.com/deployments/x1) | [topic--shop.example.com](https://topic--shop.example.com/) | \`abcdef0\` | 2026-01-02 03:04 |
`);
});

test('a failed build: why, and the end of its log folded away', () => {
  expect(read(comment(FAILED))).toBe(`| Project | Status | Preview | Commit | Updated (UTC) |
| --- | --- | --- | --- | --- |
| \`shop\` | [❌ Failed](https://offshoot.example.com/deployments/x1) | — | \`abcdef0\` | 2026-01-02 03:04 |

- \`shop\`: The build command failed. \`It ended with 1.\`

<details><summary>The end of the log of <code>shop</code></summary>

\`\`\`text
first
last
\`\`\`

</details>
`);
});

test.each<[string, Partial<CommentRow>, string]>([
  ['queued', { status: 'queued' }, '| [⏳ Queued]('],
  ['launching', { status: 'launching' }, '| [🔨 Building]('],
  ['building', { status: 'building' }, '| [🔨 Building]('],
  ['canceled', { status: 'canceled' }, '| [⏹️ Canceled]('],
  ['superseded', { status: 'superseded' }, '| [⏭️ Superseded]('],
  ['skipped', { status: 'skipped', message: 'It says [skip ci].' }, '\n\n- `shop`: `It says [skip ci].`\n'],
  [
    'blocked',
    { status: 'blocked' },
    '\n\n- `shop` comes from a fork. Look at the change first: somebody with write',
  ],
  ['failed without a reason', { status: 'failed' }, '\n\n- `shop`: It failed.\n'],
  ['of no commit', { commit: null }, ' | — | 2026-01-02 03:04 |'],
  ['with a message that is of no interest', { message: 'Fine.' }, '2026-01-02 03:04 |\n'],
  ['with an address that is a script', { deploymentUrl: 'javascript:alert(1)' }, '| `shop` | ✅ Ready | ['],
  ['with an address that is none', { previewUrl: 'x' }, ') | — | `abcdef0`'],
  ['with a password in its address', { previewUrl: 'https://a:b@x.test/' }, ') | — | `abcdef0`'],
  [
    'with an address without an end',
    { previewUrl: `https://x.test/${'x'.repeat(500)}` },
    ') | — | `abcdef0`',
  ],
  [
    'with the longest address',
    { previewUrl: `https://x.test/${'x'.repeat(485)}` },
    `[x.test](https://x.test/${'x'.repeat(485)})`,
  ],
  ['with one letter more', { previewUrl: `https://x.test/${'x'.repeat(486)}` }, ') | — | `abcdef0`'],
  [
    'with an address that would end the link',
    { previewUrl: 'https://x.test/a)|b?`\\' },
    '[x.test](https://x.test/a%29%7Cb?%60%5C) |',
  ],
  ['with a name that would end the cell', { project: 'a|b' }, '| `a\\|b` |'],
  ['without a name', { project: '' }, '| — | ['],
])('a deployment %s', (_, row, part) => {
  expect(comment({ ...ROW, ...row })).toContain(part);
});

test('the note of what does not need one is left out', () => {
  expect(read(comment({ ...ROW, message: 'Fine.' })).split('\n')).toHaveLength(4);
  expect(read(comment({ ...ROW, status: 'skipped' })).split('\n')).toHaveLength(4);
});

test('several projects have a row each, and each failed one its log', () => {
  const body = comment(ROW, { ...FAILED, project: 'docs' }, { ...FAILED, project: 'blog' });
  expect(body.match(/^\| `/gm)).toHaveLength(3);
  expect(body.match(/<summary>[^\n]*<\/summary>/g)).toEqual([
    '<summary>The end of the log of <code>docs</code></summary>',
    '<summary>The end of the log of <code>blog</code></summary>',
  ]);
  expect(parseCommentData(body)?.map(({ project }) => project)).toEqual(['shop', 'docs', 'blog']);
});

test('nothing deployed yet, and a closed pull request, are said', () => {
  expect(read(comment())).toBe('Nothing is deployed for this pull request yet.\n');
  const closed = formatComment({ isOpen: false, rows: [ROW] });
  expect(read(closed)).toMatch(/^This pull request is closed, so it is not served any more\.\n\n\| Project/);
  expect(closed).toContain(') | — | `abcdef0`');
  expect(parseCommentData(closed)).toMatchObject([{ previewUrl: null }]);
});

test('of a log the last 50 lines are shown, cut and cleaned', () => {
  const lines = Array.from({ length: 60 }, (_, index) => `line ${index}`);
  const long = 'x'.repeat(1000);
  const body = comment({ ...FAILED, logLines: [...lines, '\u001b[31mred\u001b[0m', '10 %\r20 %\r', long] });
  expect(body).not.toContain('line 12\n');
  expect(body).toContain('```text\nline 13\n');
  expect(body).toContain(`\nline 59\nred\n20 %\n${'x'.repeat(499)}…\n\`\`\`\n`);
});

test('what does not fit: the oldest lines of logs go first, then projects', () => {
  const long = Array.from({ length: 50 }, (_, index) => `${index}:${'y'.repeat(490)}`);
  const three = comment(...['a', 'b', 'c'].map((project) => ({ ...FAILED, project, logLines: long })));
  expect(three.length).toBeLessThanOrEqual(MAX_COMMENT_LENGTH);
  expect(three.match(/^49:/gm)).toHaveLength(3);
  expect(three).not.toMatch(/^0:/m);
  expect(three.match(/^25:/gm)).toHaveLength(3);
  expect(comment(ROW, ROW, { ...FAILED, logLines: long })).toMatch(/^0:/m);

  const many = comment(
    ...Array.from({ length: 500 }, (_, index) => ({ ...FAILED, project: `p${index}`, logLines: long })),
  );
  expect(many.length).toBeLessThanOrEqual(MAX_COMMENT_LENGTH);
  expect(many).toMatch(/\n\n\d+ more projects are not shown\.\n/);
  expect(many).toContain('| `p0` |');
  const shown = parseCommentData(many)?.length ?? 0;
  expect(many).toContain(`\n\n${500 - shown} more`);
  expect(shown).toBeGreaterThan(50);
});
