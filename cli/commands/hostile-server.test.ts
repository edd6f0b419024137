import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../test/support/cli-run.ts';

/** Clears the screen, sets the title, moves up, fills the clipboard, turns text around, rings. */
const EVIL = '\u001B[2J\u001B]0;title\u0007\u009B3A\u001B]52;c;ZXZpbA==\u001B\\\u202E\u0007\r\n';
const ID = 'a'.repeat(20);

const deployment = {
  id: ID + EVIL,
  project: { slug: `site${EVIL}`, name: EVIL },
  status: `failed${EVIL}`,
  reason: `reason${EVIL}`,
  message: `message${EVIL}\nof two lines`,
  environment: 'production',
  refKind: 'branch',
  ref: `main${EVIL}`,
  source: 'git',
  commit: `abc${EVIL}`,
  commitSubject: `subject${EVIL}`,
  fileCount: 1,
  outputBytes: 1,
  phases: [{ phase: `build${EVIL}`, startedAt: 1, endedAt: 2 }],
  urls: {
    deployment: `http://d${EVIL}`,
    branch: `http://b${EVIL}`,
    production: `http://p${EVIL}`,
    logs: 'http://h/logs/x',
  },
  createdAt: 1,
  startedAt: 1,
  finishedAt: 2,
};
const project = {
  id: ID,
  slug: `site${EVIL}`,
  name: EVIL,
  gitUrl: `https://h/${EVIL}`,
  productionBranch: `main${EVIL}`,
  settings: {},
  url: `http://site${EVIL}`,
  createdAt: 1,
};
const line = {
  attempt: 2,
  seq: 1,
  at: 1,
  phase: `build${EVIL}`,
  stream: 'stdout',
  text: `\u001B[31mtext${EVIL}`,
};
const alias = { url: `http://p${EVIL}`, kind: 'production', state: 'live', deploymentId: null };
const events = [
  `data: ${JSON.stringify(line)}\n\n`,
  `data: ${JSON.stringify({ ...line, stream: 'system' })}\n\n`,
  `event: result\ndata: ${JSON.stringify({ status: `failed${EVIL}`, missing: 3 })}\n\n`,
].join('');

let status = 200;
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    const isProblem = status !== 200 && request.method !== 'GET';
    response.writeHead(isProblem ? status : 200).end(isProblem ? problem() : answer(request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

function answer({ url = '', headers, method }: IncomingMessage): string {
  if (headers.accept === 'text/event-stream') return events;
  if (headers.accept === 'application/x-ndjson') return `${JSON.stringify(line)}\n`;
  if (url.includes('login-links')) return JSON.stringify({ url: `http://h/${EVIL}` });
  if (url.includes('/aliases')) return JSON.stringify({ items: [alias], next: null });
  if (/deployments\?/.test(url)) return JSON.stringify({ items: [deployment], next: `next${EVIL}` });
  if (/projects\?/.test(url)) return JSON.stringify({ items: [project], next: null });
  if (url.includes('/deployments') || url.includes('/cancel')) return JSON.stringify(deployment);
  return JSON.stringify(method === 'DELETE' ? { slug: EVIL } : project);
}

function problem(): string {
  return JSON.stringify({
    code: 'conflict',
    detail: `detail${EVIL}`,
    errors: [
      { pointer: 'x', message: 'x' },
      { pointer: EVIL, message: EVIL },
    ],
  });
}

function offshoot(words: string, isTerminal: boolean) {
  const env = {
    OFFSHOOT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    OFFSHOOT_TOKEN: 'x',
  };
  return runCli(words.split(' '), { env, isTerminal });
}

/** What is left when colours and the status line, which are ours, are taken away. */
function steeringOf(text: string): string[] {
  const others = stripVTControlCharacters(text.replaceAll('\r\u001B[2K', ''));
  const isColoured = text
    .split('\u001B[')
    .slice(1)
    .every((rest) => /^(?:[\d;:]*m|2K)/.test(rest));
  return [...(others.match(/[\p{Cc}\u202E]/gu) ?? []), ...(isColoured ? [] : ['a sequence'])].filter(
    (character) => character !== '\n',
  );
}

describe('whatever a server answers', () => {
  it.each([
    'list',
    'list site',
    'open',
    'open site',
    `open ${ID}`,
    'logs site',
    `logs --follow --times ${ID}`,
    `cancel ${ID}`,
    `promote ${ID}`,
    `redeploy ${ID}`,
    `redeploy ${ID} --no-wait`,
    'deploy https://h/x',
    'deploy --project site --name other',
    'delete site --yes',
    'complete project-or-deployment',
    'status',
  ])('does not steer the terminal of `%s`', async (words) => {
    const shown = await offshoot(words, true);
    expect(shown.output + shown.errors).not.toBe(words.startsWith('complete') ? undefined : '');
    expect([steeringOf(shown.output), steeringOf(shown.errors)]).toEqual([[], []]);
    const json = await offshoot(`${words} --json`, false);
    expect([steeringOf(json.output), steeringOf(json.errors)]).toEqual([[], []]);
    for (const each of (json.output + json.errors).trim().split('\n'))
      expect(() => JSON.parse(each || '{}')).not.toThrow();
  });

  it('does not steer it by its refusals either', async () => {
    status = 409;
    for (const words of [`promote ${ID}`, 'deploy https://h/x', 'delete site --yes']) {
      const { errors, exitCode } = await offshoot(words, true);
      expect([words, exitCode, steeringOf(errors)]).toEqual([words, 1, []]);
    }
  });
});
