import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_DELIVERY_TRIES, RETRY_DELAYS_MS } from '../app/domain/decide-delivery.ts';
import { type DeploymentFacts, describeDeployment } from '../app/domain/describe-deployment.ts';
import { HOOK_GIVE_UP_MS, HOOK_SPAN_MS } from '../app/domain/plan-hook-run.ts';
import { WEBHOOK_EVENTS } from '../app/domain/words.ts';
import { messageHeaders } from '../app/notifications/message-headers.ts';
import type { News } from '../app/notifications/news.ts';
import { formatPayload } from '../app/notifications/payload.ts';
import { SEND_TIMEOUT_MS } from '../app/notifications/webhook-sender.ts';
import { fillPart, readPart, renderTable, showUnit } from '../test/support/documents.ts';

const PAGE = path.join(import.meta.dirname, 'notifications.md');
const SECRET = 'a-secret-of-forty-characters-0123456789';
const BODY = Buffer.from('{"event":"ping","name":"Ünï"}');
const SIGNATURE = messageHeaders({ id: 'x', event: 'ping', body: BODY.toString() }, SECRET)[
  'x-offshoot-signature-256'
]!;
const hasPython = spawnSync('python3', ['--version']).status === 0;
const folder = mkdtempSync(path.join(tmpdir(), 'offshoot-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROJECT = { id: 'p7m2x0k4v9q8w3z1c5b6', slug: 'shop', name: 'Shop' };
const FACTS: DeploymentFacts = {
  id: 'k3v9x0p2m7q4w8z1c5b6',
  status: 'ready',
  reason: null,
  message: null,
  environment: 'production',
  refKind: 'branch',
  ref: 'main',
  source: 'git',
  commit: '5f1c0a9e4b7d2c8f6a3e1d0b9c8a7f6e5d4c3b2a',
  commitSubject: 'Show prices with tax',
  commitAuthor: 'Ada',
  requestedBy: { kind: 'deploy-hook', name: 'Contentful' },
  settings: {},
  framework: 'astro',
  fileCount: 84,
  outputBytes: 1_842_113,
  phases: [{ phase: 'checkout', startedAt: 1793322241000, endedAt: 1793322242200 }],
  pinned: false,
  createdAt: new Date(1793322240000),
  startedAt: new Date(1793322241000),
  finishedAt: new Date(1793322268000),
};
const ADDRESSES = {
  appUrl: new URL('https://deploy.example.com'),
  domain: { scheme: 'https', host: 'sites.example.com', port: undefined },
} as const;
const NEWS: News = {
  id: 'd4w8z1c5b6k3v9x0p2m7',
  event: 'deployment.ready',
  createdAt: 1793322268000,
  project: { ...PROJECT, url: 'https://shop.sites.example.com' },
  deployment: describeDeployment(FACTS, PROJECT, ADDRESSES),
  page: 'https://deploy.example.com/deployments/k3v9x0p2m7q4w8z1c5b6',
};

const fence = (text: string) => `\`\`\`json\n${JSON.stringify(JSON.parse(text), undefined, 2)}\n\`\`\``;

/** The code of a part, as a file. */
function codeOf(page: string, part: string, name: string): string {
  const file = path.join(folder, name);
  writeFileSync(
    file,
    readPart(page, part)
      .replace(/^```\w+\n/, '')
      .replace(/```$/, ''),
  );
  return file;
}

describe('docs/notifications.md', async () => {
  const page = await readFile(PAGE, 'utf8');

  it('shows what is really sent, and when it is sent again (`npx vitest run docs -u` writes it)', async () => {
    const delays = RETRY_DELAYS_MS.map((ms, at) => [
      `${at + 2}`,
      showUnit('_MS', `${ms}`)
        .replaceAll(/[ ()]+/g, ' ')
        .trim(),
    ]);
    const parts = {
      payload: fence(formatPayload(NEWS, 'json')),
      slack: fence(formatPayload(NEWS, 'slack')),
      retries: renderTable(['try', 'after the one before'], delays),
    };
    const filled = Object.entries(parts).reduce((text, [part, made]) => fillPart(text, part, made), page);
    await expect(filled).toMatchFileSnapshot(PAGE);
  });

  it('tells the bounds that hold', () => {
    expect([MAX_DELIVERY_TRIES, SEND_TIMEOUT_MS, HOOK_SPAN_MS, HOOK_GIVE_UP_MS]).toEqual([
      8, 10_000, 10_000, 3_600_000,
    ]);
    for (const event of WEBHOOK_EVENTS) expect(page).toContain(`\`${event}\``);
    const headers = Object.keys(messageHeaders({ id: '', event: 'ping', body: '' }, SECRET));
    const told = page.toLowerCase();
    expect(headers.filter((name) => name.startsWith('x-') && !told.includes(`\`${name}\``))).toEqual([]);
  });

  it('has code for Node that knows our signature from others', async () => {
    const file = codeOf(page, 'verify-node', 'verify.mjs');
    const { isFromOffshoot } = (await import(pathToFileURL(file).href)) as {
      isFromOffshoot: (body: Buffer, header: string | undefined, secret: string) => boolean;
    };
    const answers = [
      isFromOffshoot(BODY, SIGNATURE, SECRET),
      isFromOffshoot(BODY, SIGNATURE, 'another'),
      isFromOffshoot(Buffer.from(`${BODY.toString()} `), SIGNATURE, SECRET),
      isFromOffshoot(BODY, undefined, SECRET),
      isFromOffshoot(BODY, 'sha256=ü', SECRET),
    ];
    expect(answers).toEqual([true, false, false, false, false]);
  });

  it.skipIf(!hasPython)('has code for Python that knows our signature from others', () => {
    const code = readFileSync(codeOf(page, 'verify-python', 'verify.py'), 'utf8');
    const call = (secret: string, header: string) =>
      `print(is_from_offshoot(${JSON.stringify(BODY.toString())}.encode(), ${JSON.stringify(header)}, ${JSON.stringify(secret)}))`;
    const calls = [
      call(SECRET, SIGNATURE),
      call('another', SIGNATURE),
      call(SECRET, ''),
      call(SECRET, 'sha256=ü'),
    ];
    const said = execFileSync('python3', ['-c', `${code}\n${calls.join('\n')}`], { encoding: 'utf8' });
    expect(said.trim().split('\n')).toEqual(['True', 'False', 'False', 'False']);
  });
});
