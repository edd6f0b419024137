import { array, assert, constantFrom, date, oneof, option, property, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import { DEPLOYMENT_STATUSES } from '../words.ts';
import { parseCommentData } from './comment-data.ts';
import { COMMENT_MARKER, type CommentRow, formatComment, MAX_COMMENT_LENGTH } from './format-comment.ts';

/** What would call somebody, link something, or end what holds it. */
const PARTS = [
  '@ada',
  '@org/team',
  '#1',
  'GH-1',
  'o/r#1',
  'https://evil.test',
  'www.evil.test',
  'a@evil.test',
  '<img src=x>',
  '</details>',
  '</code>',
  '-->',
  '--',
  '<!--',
  '`',
  '``',
  '```',
  '~~~',
  '|',
  '\\',
  '\n',
  '\n\n',
  '\r',
  '\u001b[31m',
  '\u202e',
  '\u2028',
  '&lt;',
  '[x](https://evil.test)',
  '![x](y)',
  '* * *',
  '# h',
  '\ud83d',
  '😀',
  ' ',
  COMMENT_MARKER,
];
const text = array(oneof(constantFrom(...PARTS, 'word'), string({ unit: 'binary', maxLength: 4 })), {
  maxLength: 12,
}).map((parts) => parts.join(''));
const row = record<CommentRow>({
  project: text,
  status: constantFrom(...DEPLOYMENT_STATUSES),
  reason: constantFrom(null, 'build_failed', 'lost'),
  message: option(text),
  previewUrl: option(text.map((path) => `https://x.test/${path}`)),
  deploymentUrl: text.map((path) => `https://y.test/${path}`),
  commit: option(text),
  updatedAt: date({ noInvalidDate: true }),
  logLines: array(text, { maxLength: 60 }),
});
const comment = record({ isOpen: constantFrom(true, false), rows: array(row, { maxLength: 6 }) });

/**
 * What GitHub looks for mentions and links in: the text without blocks of code, code and HTML comments, by the rules
 * of CommonMark, and without where links lead.
 */
function proseOf(body: string): string {
  const prose: string[] = [];
  let fence: string | undefined;
  for (const line of body.split('\n')) {
    const run = /^(`{3,})(text)?$/.exec(line);
    if (fence === undefined && run?.[2] !== undefined) fence = run[1];
    else if (fence !== undefined && run?.[2] === undefined && (run?.[1]?.length ?? 0) >= fence.length)
      fence = undefined;
    else if (fence === undefined) prose.push(withoutCode(line));
  }
  expect(fence).toBeUndefined();
  return prose.join('\n');
}

function withoutCode(line: string): string {
  if (/^<!-- (?:(?!--|>).)* -->$/.test(line)) return '';
  const bare = line.replace(/<code>[^<]*<\/code>/, '');
  const parts: string[] = [];
  let rest = bare;
  for (let open = /`+/.exec(rest); open !== null; open = /`+/.exec(rest)) {
    const close = new RegExp(`(?<!\`)${open[0]}(?!\`)`).exec(rest.slice(open.index + open[0].length));
    if (close === null) throw new Error(`code without an end: ${line}`);
    parts.push(rest.slice(0, open.index));
    rest = rest.slice(open.index + open[0].length + close.index + open[0].length);
  }
  return [...parts, rest].join('').replaceAll(/\]\(https?:\/\/[xy]\.test\/[^\s()|<>`\\]*\)/g, ']()');
}

test('whatever strangers write, a comment calls nobody, links nothing of theirs, and is found again', () => {
  assert(
    property(comment, ({ isOpen, rows }) => {
      const body = formatComment({ isOpen, rows });
      expect(body.length).toBeLessThanOrEqual(MAX_COMMENT_LENGTH);
      expect(body.isWellFormed()).toBe(true);
      expect(body.startsWith(`${COMMENT_MARKER}\n`)).toBe(true);
      expect(parseCommentData(body)).toHaveLength(rows.length);
      expect(body.replaceAll(/[\t\n\u200c\u200d]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      const prose = proseOf(body);
      expect(prose).not.toMatch(/[@#]|GH-|evil|\\|<img|<!--/);
      expect(prose.match(/<[^>]*>/g) ?? []).toEqual(prose.match(/<\/?(?:details|summary)>/g) ?? []);
    }),
    { numRuns: 300 },
  );
});

test('each row of the table has five cells, whatever is in them', () => {
  assert(
    property(comment, ({ isOpen, rows }) => {
      const lines = formatComment({ isOpen, rows })
        .split('\n')
        .filter((line) => line.startsWith('| '));
      const cells = lines.slice(2, rows.length + 2).map((line) => line.split(/(?<!\\)\|/).length - 2);
      expect(cells).toEqual(rows.map(() => 5));
    }),
    { numRuns: 300 },
  );
});

test('comments of the largest logs and of hundreds of projects stay within the limit', () => {
  const big = record<CommentRow>({
    project: constantFrom('`'.repeat(200), '|'.repeat(200), '-'.repeat(200), '<'.repeat(200)),
    status: constantFrom('failed', 'skipped'),
    reason: constantFrom('build_failed'),
    message: constantFrom('`'.repeat(1000), '\n'.repeat(1000), 'x'.repeat(1000)),
    previewUrl: constantFrom(`https://x.test/${'-'.repeat(480)}`),
    deploymentUrl: constantFrom(`https://y.test/${'-'.repeat(480)}`),
    commit: constantFrom('-'.repeat(200)),
    updatedAt: constantFrom(new Date(0)),
    logLines: constantFrom(
      Array.from({ length: 100 }, () => '`'.repeat(5000)),
      [],
    ),
  });
  assert(
    property(array(big, { minLength: 1, maxLength: 120, size: 'max' }), (rows) => {
      const body = formatComment({ isOpen: true, rows });
      expect(body.length).toBeLessThanOrEqual(MAX_COMMENT_LENGTH);
      expect(parseCommentData(body)?.length).toBeGreaterThanOrEqual(1);
      proseOf(body);
    }),
    { numRuns: 15 },
  );
});
