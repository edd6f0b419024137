import { anything, assert, constantFrom, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { examples, type Json, payloadOf } from '../../../test/support/example-payloads.ts';
import { parseWebhook, parseWebhookSubject } from './parse-webhook.ts';

const UNDERSTOOD = [
  'push',
  'pull_request',
  'repository',
  'installation',
  'installation_repositories',
  'issue_comment',
  'check_run',
];

const BRANCH = { ref: 'refs/heads/main', before: 'a'.repeat(40), after: 'b'.repeat(40) };
const HEAD_COMMIT = { message: 'm', timestamp: '2019-05-15T15:19:25+02:00', author: { name: 'Ada' } };
const push = (changes: Json = {}) => payloadOf('push', { ...BRANCH, head_commit: HEAD_COMMIT, ...changes });

describe('every example of GitHub’s', () => {
  test.each(examples.filter(({ name }) => name !== 'ping' && !UNDERSTOOD.includes(name)))(
    '$name, example $index: does nothing, in words',
    ({ name, payload }) => {
      const reason = `Offshoot does nothing about the event ${name}.`;
      expect(parseWebhook(name, payload)).toEqual({ kind: 'unknown', reason });
    },
  );

  test.each(examples.filter(({ name, payload }) => UNDERSTOOD.includes(name) && !payload.installation))(
    '$name, example $index: is refused, since it is not the App that sends it',
    ({ name, payload }) => {
      const reason = expect.stringContaining(
        `The ${name} can’t be read: installation: the App’s installation is`,
      );
      expect(parseWebhook(name, payload)).toEqual({ kind: 'unknown', reason });
    },
  );

  test.each(examples.filter(({ name }) => name === 'ping' || UNDERSTOOD.includes(name)))(
    '$name, example $index: is understood when the App sends it',
    ({ name, payload }) => {
      expect(parseWebhook(name, { installation: { id: 7 }, ...payload })).toMatchObject({ kind: name });
    },
  );
});

test('a push is read whole', () => {
  expect(parseWebhook('push', push())).toEqual({
    kind: 'push',
    installationId: 7,
    repository: {
      id: 186853002,
      fullName: 'Codertocat/Hello-World',
      htmlUrl: 'https://github.com/Codertocat/Hello-World',
      defaultBranch: 'master',
      isPrivate: false,
      pushedAt: new Date('2019-05-15T15:20:57Z'),
      toldAt: new Date('2019-05-15T15:20:41Z'),
    },
    ref: { kind: 'branch', name: 'main' },
    before: BRANCH.before,
    after: BRANCH.after,
    created: false,
    deleted: false,
    forced: false,
    headCommit: { message: 'm', authorName: 'Ada', timestamp: new Date('2019-05-15T13:19:25Z') },
    pushedAt: new Date('2019-05-15T15:20:57Z'),
    senderLogin: 'Codertocat',
  });
});

test.each([
  {
    why: 'a slash is part of a branch’s name',
    changes: { ref: 'refs/heads/a/b' },
    read: { ref: { kind: 'branch', name: 'a/b' } },
  },
  { why: 'a tag', changes: { ref: 'refs/tags/v1' }, read: { ref: { kind: 'tag', name: 'v1' } } },
  {
    why: 'another ref',
    changes: { ref: 'refs/notes/x' },
    read: { ref: { kind: 'other', name: 'refs/notes/x' } },
  },
  {
    why: 'created, whatever the flag says',
    changes: { before: '0'.repeat(40), created: false },
    read: { created: true, deleted: false },
  },
  {
    why: 'deleted, whatever the flag says',
    changes: { after: '0'.repeat(40), deleted: false, head_commit: null },
    read: { deleted: true, created: false, headCommit: null },
  },
  { why: 'forced', changes: { forced: true }, read: { forced: true } },
  { why: 'forced or not, GitHub does not say', changes: { forced: undefined }, read: { forced: false } },
  { why: 'the sender’s account is gone', changes: { sender: null }, read: { senderLogin: 'ghost' } },
  {
    why: 'a date instead of seconds',
    changes: { repository: { pushed_at: '2020-01-01T00:00:00Z' } },
    read: { pushedAt: new Date('2020-01-01') },
  },
  { why: 'no time of the push', changes: { repository: { pushed_at: undefined } }, read: { pushedAt: null } },
  {
    why: 'a time that no Date holds',
    changes: { repository: { pushed_at: Number.MAX_SAFE_INTEGER } },
    read: { pushedAt: null },
  },
  {
    why: 'a time of the commit that is none',
    changes: { head_commit: { timestamp: 'soon' } },
    read: { headCommit: { timestamp: null } },
  },
  {
    why: 'a commit without an author',
    changes: { head_commit: { author: null } },
    read: { headCommit: { authorName: '' } },
  },
  {
    why: 'text that Postgres can’t keep',
    changes: { head_commit: { message: 'a\0b\ud800' } },
    read: { headCommit: { message: 'ab\ufffd' } },
  },
  {
    why: 'the largest id',
    changes: { repository: { id: 2 ** 53 - 1 } },
    read: { repository: { id: 2 ** 53 - 1 } },
  },
  {
    why: 'the longest name of a branch',
    changes: { ref: `refs/heads/${'x'.repeat(255)}` },
    read: { ref: { name: 'x'.repeat(255) } },
  },
])('a push: $why', ({ changes, read }) => {
  expect(parseWebhook('push', push(changes))).toMatchObject({ kind: 'push', ...read });
});

test('a commit message of any length is cut, not refused', () => {
  const webhook = parseWebhook(
    'push',
    push({ head_commit: { ...HEAD_COMMIT, message: 'x'.repeat(1_000_000) } }),
  );
  expect(webhook).toMatchObject({ headCommit: { message: 'x'.repeat(65_536) } });
});

test.each([
  {
    why: 'no installation',
    changes: { installation: undefined },
    reason: 'installation: the App’s installation is missing',
  },
  {
    why: 'a number as a string',
    changes: { repository: { id: '186853002' } },
    reason: 'repository.id: expected number, received string',
  },
  { why: 'an id of 2^53', changes: { repository: { id: 2 ** 53 } }, reason: 'repository.id: ' },
  {
    why: 'an id that is no whole number',
    changes: { installation: { id: 1.5 } },
    reason: 'installation.id: ',
  },
  { why: 'a negative id', changes: { installation: { id: -1 } }, reason: 'installation.id: ' },
  {
    why: 'no repository',
    changes: { repository: null },
    reason: 'repository: expected object, received null',
  },
  { why: 'a commit in capitals', changes: { after: 'B'.repeat(40) }, reason: 'after: a commit is 40' },
  { why: 'a short commit', changes: { before: 'abc' }, reason: 'before: a commit is 40' },
  { why: 'no ref', changes: { ref: undefined }, reason: 'ref: ' },
  {
    why: 'a ref that is too long',
    changes: { ref: `refs/heads/${'x'.repeat(256)}` },
    reason: 'ref: Too big',
  },
  {
    why: 'a line break in a ref',
    changes: { ref: 'refs/heads/a\nb' },
    reason: 'ref: one line of text expected',
  },
  {
    why: 'half of a surrogate pair in a name',
    changes: { repository: { full_name: 'a/\udc00' } },
    reason: 'repository.full_name: one line of text expected',
  },
  {
    why: 'an address that is a script',
    changes: { repository: { html_url: 'javascript:alert(1)' } },
    reason: 'repository.html_url: a web address expected',
  },
])('a push with $why is refused in words', ({ changes, reason }) => {
  const webhook = parseWebhook('push', push(changes));
  expect(webhook).toEqual({
    kind: 'unknown',
    reason: expect.stringContaining(`The push can’t be read: ${reason}`),
  });
});

test.each([
  null,
  undefined,
  'text',
  7,
  [],
  { constructor: { prototype: {} } },
  JSON.parse('{"__proto__":{"ref":"x"}}'),
])('a payload of another form (%j) is refused in words', (payload) => {
  expect(parseWebhook('push', payload)).toMatchObject({
    kind: 'unknown',
    reason: expect.stringMatching(/^The push can’t be read: /),
  });
});

test.each(['constructor', '__proto__', 'toString', '', 'x'.repeat(10_000), '<script>', 'label'])(
  'an event called %j does nothing, and says so without repeating what a stranger wrote',
  (event) => {
    const webhook = parseWebhook(event, push());
    expect(webhook).toMatchObject({
      kind: 'unknown',
      reason: expect.stringMatching(/^Offshoot does nothing about the event [a-z0-9_ ]{1,64}\.$/),
    });
  },
);

test('nothing makes it throw', () => {
  assert(
    property(constantFrom(...UNDERSTOOD, 'ping', 'other'), anything(), (event, payload) => {
      expect(parseWebhook(event, payload).kind).toBeDefined();
      expect(parseWebhookSubject(payload)).toBeDefined();
    }),
  );
});
