import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startWebhookReceiver } from '../webhook-receiver.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';
import { startGitHub } from './github.ts';
import type { GitHub, GitHubOptions } from './github.ts';

/** A webhook as the App heard it. */
export interface Told {
  /** `push`, `pull_request opened` */
  readonly event: string;
  readonly guid: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly raw: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: Record<string, any>;
}

export interface GitHubRoom {
  readonly github: GitHub;
  readonly receiver: WebhookReceiver;
  /** What was heard until now, when nothing is on its way any more; only events that begin so. */
  told(beginning?: string): Promise<Told[]>;
  close(): Promise<void>;
}

/** A GitHub, and somebody who listens where its App's webhooks go. */
export async function openGitHubRoom(options: GitHubOptions = {}): Promise<GitHubRoom> {
  const receiver = await startWebhookReceiver();
  const github = await startGitHub({ hookUrl: `${receiver.origin}/hooks`, ...options });
  return {
    github,
    receiver,
    async told(beginning = '') {
      await github.settled();
      return receiver.received.map(toTold).filter(({ event }) => event.startsWith(beginning));
    },
    async close() {
      await github.close();
      await receiver.close();
    },
  };
}

function toTold({ headers, raw }: WebhookReceiver['received'][number]): Told {
  const body = JSON.parse(raw.toString()) as Record<string, unknown>;
  const name = String(headers['x-github-event']);
  const { action } = body;
  const event = typeof action === 'string' ? `${name} ${action}` : name;
  return { event, guid: String(headers['x-github-delivery']), headers, raw: raw.toString(), body };
}

const execute = promisify(execFile);

/** Git as a person has it, without this machine's settings; throws what Git says when it fails. */
export async function runGit(folder: string, ...parameters: string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.com',
  };
  return (await execute('git', ['-C', folder, ...parameters], { env })).stdout.trim();
}
