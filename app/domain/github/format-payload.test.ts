import { expect, test } from 'vitest';
import { formatPayload, MAX_SHOWN_PAYLOAD_LENGTH } from './format-payload.ts';

const shown = (payload: unknown) => formatPayload(JSON.stringify(payload)).text;

test('a payload is shown a value a line', () => {
  expect(shown({ ref: 'refs/heads/main', commits: [{ id: 1 }] })).toBe(
    '{\n  "ref": "refs/heads/main",\n  "commits": [\n    {\n      "id": 1\n    }\n  ]\n}',
  );
});

test.each([
  'temp_clone_token',
  'secret',
  'client_secret',
  'webhook_secret',
  'password',
  'private_key',
  'pem',
  'Token',
])('the value of %s is not shown, however deep it is', (key) => {
  const text = shown({ hook: { config: [{ [key]: 'hush', url: 'https://x.example' }] } });
  expect(text).not.toContain('hush');
  expect(text).toContain(`"${key}": "•••"`);
  expect(text).toContain('https://x.example');
});

test.each([{ token: '' }, { token: null }, { tokens_url: 7 }])('what is no secret stays: %j', (payload) => {
  expect(JSON.parse(shown(payload))).toEqual(payload);
});

test('what would show a line backwards, or not be seen, is spelled', () => {
  const text = shown({ message: 'a\u202egnp.exe\u200b\u0007\n' });
  expect(text).toContain(String.raw`a\u202egnp.exe\u200b\u0007\n`);
  expect(JSON.parse(text)).toEqual({ message: 'a\u202egnp.exe\u200b\u0007\n' });
});

test('no more is shown than is bearable, and it says so', () => {
  const long = formatPayload(JSON.stringify({ text: 'x'.repeat(MAX_SHOWN_PAYLOAD_LENGTH) }));
  expect(long.isCut).toBe(true);
  expect(long.text).toHaveLength(MAX_SHOWN_PAYLOAD_LENGTH);
  expect(formatPayload('{}')).toEqual({ text: '{}', isCut: false });
});
