import { describe, expect, it } from 'vitest';
import { classifyGithubError } from './classify-github-error.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** GitHub's clock is ten minutes ahead of ours. */
const THEIR_DATE = 'Thu, 01 Jan 2026 00:10:00 GMT';
const THEIR_SECONDS = NOW / SECOND + 600;

function httpError(status: number, message: string, headers: Record<string, unknown> | null = {}) {
  const error = Object.assign(new Error(message), { name: 'HttpError', status });
  return headers === null ? error : Object.assign(error, { response: { headers, data: {} } });
}

const LIMITED = 'API rate limit exceeded for installation ID 1.';
const SECONDARY = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';

describe('an answer of GitHub', () => {
  it.each<[number, string, Record<string, unknown>, string, number | null | undefined]>([
    [404, 'Not Found', {}, 'not_found', undefined],
    [401, 'Bad credentials', {}, 'unauthorized', undefined],
    [401, 'A JSON web token could not be decoded', {}, 'unauthorized', undefined],
    [403, 'Resource not accessible by integration', {}, 'forbidden', undefined],
    [
      403,
      'Resource not accessible by integration',
      { 'x-ratelimit-remaining': '4999' },
      'forbidden',
      undefined,
    ],
    [403, 'Repository was archived so is read-only.', {}, 'forbidden', undefined],
    [403, 'This installation has been suspended', {}, 'suspended', undefined],
    [422, 'Validation Failed: {"resource":"Status"}', {}, 'refused', undefined],
    [422, 'This SHA and context has reached the maximum number of statuses.', {}, 'refused', undefined],
    [422, 'Validation Failed', { 'x-ratelimit-remaining': '0' }, 'refused', undefined],
    [409, 'Git Repository is empty.', {}, 'refused', undefined],
    [410, 'Issues are disabled for this repo', {}, 'refused', undefined],
    [451, 'Repository access blocked', {}, 'refused', undefined],
    [400, 'Problems parsing JSON', {}, 'refused', undefined],
    [304, 'Not modified', {}, 'refused', undefined],
    // Too many: the moment is named by retry-after, by the reset, or not at all.
    [403, SECONDARY, { 'retry-after': '30' }, 'rate_limited', NOW + 30 * SECOND],
    [403, SECONDARY, { 'retry-after': 30 }, 'rate_limited', NOW + 30 * SECOND],
    [403, SECONDARY, { 'retry-after': 'Thu, 01 Jan 2026 00:00:45 GMT' }, 'rate_limited', NOW + 45 * SECOND],
    [429, SECONDARY, { 'retry-after': '0' }, 'rate_limited', NOW],
    [403, SECONDARY, {}, 'rate_limited', NOW + MINUTE],
    [403, 'You have triggered an abuse detection mechanism.', {}, 'rate_limited', NOW + MINUTE],
    [422, 'Validation Failed: "was submitted too quickly"', {}, 'rate_limited', NOW + MINUTE],
    [429, 'Too many requests', {}, 'rate_limited', NOW + MINUTE],
    [403, LIMITED, {}, 'rate_limited', NOW + MINUTE],
    [
      403,
      LIMITED,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / SECOND + 120) },
      'rate_limited',
      NOW + 121 * SECOND,
    ],
    [
      429,
      LIMITED,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': THEIR_SECONDS + 120, date: THEIR_DATE },
      'rate_limited',
      NOW + 121 * SECOND,
    ],
    [
      403,
      LIMITED,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': THEIR_SECONDS - 5, date: THEIR_DATE },
      'rate_limited',
      NOW + SECOND,
    ],
    [
      403,
      LIMITED,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' },
      'rate_limited',
      NOW + MINUTE,
    ],
    [403, SECONDARY, { 'retry-after': '999999999' }, 'rate_limited', NOW + 120 * MINUTE],
    [429, SECONDARY, { 'retry-after': 'tomorrow' }, 'rate_limited', NOW + MINUTE],
    // Broken for now.
    [500, 'Server Error', {}, 'unavailable', null],
    [502, 'Bad Gateway', {}, 'unavailable', null],
    [503, 'Unavailable', { 'retry-after': '5' }, 'unavailable', NOW + 5 * SECOND],
    [504, '<html>nginx</html>', {}, 'unavailable', null],
    [408, 'Request Timeout', {}, 'unavailable', null],
  ])('%i %s %j is %s', (status, message, headers, kind, retryAt) => {
    const failure = classifyGithubError(httpError(status, message, headers), NOW);
    expect(failure).toMatchObject({ kind, message: `GitHub answered ${status}: ${message}` });
    expect(failure !== undefined && 'retryAt' in failure ? failure.retryAt : undefined).toBe(retryAt);
  });

  it('that never came is no refusal', () => {
    const failure = classifyGithubError(httpError(500, 'connect ECONNREFUSED 127.0.0.1:1', null), NOW);
    expect(failure).toEqual({
      kind: 'unavailable',
      retryAt: null,
      message: "GitHub can't be reached: connect ECONNREFUSED 127.0.0.1:1",
    });
  });

  it.each(['AbortError', 'TimeoutError'])('that takes too long (%s) is no refusal either', (name) => {
    const failure = classifyGithubError(new DOMException('too late', name), NOW);
    expect(failure).toMatchObject({ kind: 'unavailable', message: 'GitHub did not answer in time' });
  });

  it('is told in one bounded line', () => {
    const failure = classifyGithubError(httpError(502, `<html>\n  ${'x'.repeat(5000)}`), NOW);
    expect(failure?.message).toMatch(/^GitHub answered 502: <html> x{100}/);
    expect(failure?.message.length).toBeLessThan(600);
  });
});

describe('an error of ours', () => {
  it.each([new TypeError('x is not a function'), new Error('no'), 'text', undefined, null])(
    'is none of GitHub’s: %s',
    (error) => {
      expect(classifyGithubError(error, NOW)).toBeUndefined();
    },
  );
});
