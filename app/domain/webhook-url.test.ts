import { describe, expect, it } from 'vitest';
import { MAX_WEBHOOK_URL_LENGTH, parseWebhookUrl } from './webhook-url.ts';

describe('a webhook URL', () => {
  it.each([
    ['https://example.com', 'https://example.com/', 'https://example.com/'],
    [' http://example.com:8080/hook ', 'http://example.com:8080/hook', 'http://example.com:8080/hook'],
    ['https://example.com/a#part', 'https://example.com/a', 'https://example.com/a'],
    ['http://2130706433/', 'http://127.0.0.1/', 'http://127.0.0.1/'],
    ['http://[::1]:9/x', 'http://[::1]:9/x', 'http://[::1]:9/x'],
  ])('%j is taken as %s and shown whole', (text, href, hint) => {
    expect(parseWebhookUrl(text)).toEqual({ ok: true, href, hint });
  });

  it.each([
    ['https://hooks.slack.com/services/T0000/B0000/abcdefghijklWXYZ', 'https://hooks.slack.com/…WXYZ'],
    ['https://example.com/?token=abcdefghijklWXYZ', 'https://example.com/…WXYZ'],
    ['https://example.com/?t=abc', 'https://example.com/…'],
    ['https://example.com/elevenchars', 'https://example.com/…'],
  ])('%s is shown as %s: it may be a secret', (text, hint) => {
    expect(parseWebhookUrl(text)).toMatchObject({ ok: true, hint });
  });

  it.each([
    ['', 'no complete URL'],
    ['example.com/hook', 'no complete URL'],
    ['ftp://example.com/', 'Only https://'],
    ['file:///etc/passwd', 'Only https://'],
    ['javascript:alert(1)', 'Only https://'],
    ['https://me:geheim@example.com/', 'put the secret'],
    [`https://example.com/${'x'.repeat(MAX_WEBHOOK_URL_LENGTH)}`, 'longer than'],
  ])('%j is refused, and no secret is repeated', (text, message) => {
    const parsed = parseWebhookUrl(text);
    expect(parsed).toEqual({ ok: false, message: expect.stringContaining(message) });
    expect(JSON.stringify(parsed)).not.toContain('geheim');
  });
});
