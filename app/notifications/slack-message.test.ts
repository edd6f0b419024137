import { describe, expect, it } from 'vitest';
import type { DescribedDeployment } from '../domain/describe-deployment.ts';
import type { News } from './news.ts';
import { formatSlackMessage } from './slack-message.ts';

const DEPLOYMENT = {
  id: 'k'.repeat(20),
  ref: 'main',
  environment: 'production',
  commit: 'abcdef0123456789abcdef0123456789abcdef01',
  commitSubject: 'Fix it',
  commitAuthor: 'Ada',
  message: null,
  reason: null,
  urls: { deployment: 'https://k--shop.example.com', branch: 'https://main--shop.example.com' },
} as DescribedDeployment;

function news(event: News['event'], changes: Partial<DescribedDeployment> | null = {}, name = 'Shop'): News {
  return {
    id: 'd'.repeat(20),
    event,
    createdAt: 0,
    project: { id: 'p'.repeat(20), slug: 'shop', name, url: 'https://shop.example.com' },
    deployment: changes && { ...DEPLOYMENT, ...changes },
    page: 'https://deploy.example.com/deployments/k',
  };
}

describe('what Slack is told', () => {
  it.each([
    [
      'of production',
      news('deployment.ready'),
      [
        ':white_check_mark: *Shop* `main` is ready',
        '`abcdef0` Fix it by Ada',
        '<https://k--shop.example.com|Open this deployment> · <https://shop.example.com|Production> · <https://deploy.example.com/deployments/k|Details>',
      ],
    ],
    [
      'of a preview',
      news('deployment.ready', {
        environment: 'preview',
        ref: 'new',
        commitSubject: null,
        commitAuthor: null,
      }),
      [
        ':white_check_mark: *Shop* `new` is ready',
        '`abcdef0`',
        '<https://k--shop.example.com|Open this deployment> · <https://main--shop.example.com|Branch> · <https://deploy.example.com/deployments/k|Details>',
      ],
    ],
    [
      'of a failure',
      news('deployment.failed', {
        message: 'npm run build ended with 1.',
        reason: 'build_failed',
        commit: null,
      }),
      [
        ':x: *Shop* `main` failed',
        'Fix it by Ada',
        'npm run build ended with 1. (build_failed)',
        '<https://deploy.example.com/deployments/k|Why, and what to do>',
      ],
    ],
    [
      'of one that waits',
      news('deployment.blocked', { commitSubject: null, commitAuthor: null, commit: null }),
      [
        ':lock: *Shop* `main` waits for approval',
        '<https://deploy.example.com/deployments/k|Why, and what to do>',
      ],
    ],
    [
      'of nothing',
      news('ping', null),
      [
        ':wave: *Shop* tells here what becomes of its deployments.',
        '<https://deploy.example.com/deployments/k|Open the project>',
      ],
    ],
  ])('%s: %j', (_what, given, lines) => {
    const message = formatSlackMessage(given);
    expect(message.text.split('\n')).toEqual(lines);
    expect(message.blocks).toEqual([
      { type: 'section', text: { type: 'mrkdwn', text: lines.slice(0, -1).join('\n') } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: lines.at(-1) }] },
    ]);
  });

  it.each([
    ['<!channel> & <https://evil.test|click>', '&lt;!channel&gt; &amp; &lt;https://evil.test|click&gt;'],
    ['@channel', '@\u200Bchannel'],
    ['one\ntwo\u2028three\u0007', 'one two three'],
  ])('has strangers’ text %j as text, on one line', (text, shown) => {
    const { text: said } = formatSlackMessage(
      news('deployment.failed', { commitSubject: text, message: text }, text),
    );
    const lines = said.split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines.slice(0, 3)) expect(line).toContain(shown);
    expect(said.match(/<[^|]*\|/g)).toEqual(['<https://deploy.example.com/deployments/k|']);
  });

  it('keeps a name’s backquotes from ending its code', () => {
    const { text } = formatSlackMessage(news('deployment.ready', { ref: 'a`b' }));
    expect(text).toContain("`a'b` is ready");
  });

  it('is short, whatever is told, and ends with whole links', () => {
    const long = '😀&'.repeat(5000);
    const message = formatSlackMessage(
      news('deployment.failed', { ref: long, commitSubject: long, commitAuthor: long, message: long }, long),
    );
    const [section] = message.blocks;
    // Slack takes no more in a section.
    expect(section && 'text' in section ? section.text?.text.length : undefined).toBeLessThan(3000);
    expect(message.text.isWellFormed()).toBe(true);
    expect(message.text).toMatch(/\|Why, and what to do>$/);
  });
});
