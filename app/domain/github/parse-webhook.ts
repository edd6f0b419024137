import type { z } from 'zod';
import * as shapes from './webhook-shapes.ts';

export type PushWebhook = z.output<typeof shapes.push>;
export type PullRequestWebhook = z.output<typeof shapes.pullRequest>;
export type RepositoryWebhook = z.output<typeof shapes.repositoryChange>;
export type InstallationWebhook = z.output<typeof shapes.installation>;
export type InstallationRepositoriesWebhook = z.output<typeof shapes.installationRepositories>;
export type IssueCommentWebhook = z.output<typeof shapes.issueComment>;
export type CheckRunWebhook = z.output<typeof shapes.checkRun>;
export type PingWebhook = z.output<typeof shapes.ping>;
/** What the list of deliveries shows of any webhook, understood or not. */
export type WebhookSubject = z.output<typeof shapes.subject>;

/** Nothing follows from it; `reason` says why, as a sentence for people. */
export interface UnknownWebhook {
  readonly kind: 'unknown';
  readonly reason: string;
}

export type Webhook =
  | PushWebhook
  | PullRequestWebhook
  | RepositoryWebhook
  | InstallationWebhook
  | InstallationRepositoriesWebhook
  | IssueCommentWebhook
  | CheckRunWebhook
  | PingWebhook
  | UnknownWebhook;

/** A Map, since an event may be called `constructor`: its name comes from a header. */
const SHAPES: ReadonlyMap<string, z.ZodType<Webhook>> = new Map<string, z.ZodType<Webhook>>([
  ['push', shapes.push],
  ['pull_request', shapes.pullRequest],
  ['repository', shapes.repositoryChange],
  ['installation', shapes.installation],
  ['installation_repositories', shapes.installationRepositories],
  ['issue_comment', shapes.issueComment],
  ['check_run', shapes.checkRun],
  ['ping', shapes.ping],
]);

const NOBODY: WebhookSubject = {
  action: null,
  installationId: null,
  repositoryId: null,
  repositoryName: null,
};
/** Event names are a header's, so they may be anything. */
const MAX_SHOWN_EVENT_LENGTH = 64;

/**
 * What Offshoot reads of a webhook whose signature was verified: the event's name as its header says it, and the body
 * as decoded JSON. GitHub adds fields any day, so what is not read is not looked at; where something that is read is
 * missing or of another kind, the answer says which. It never throws.
 */
export function parseWebhook(event: string, payload: unknown): Webhook {
  const shape = SHAPES.get(event);
  if (shape === undefined) return unknown(`Offshoot does nothing about the event ${shown(event)}.`);
  const parsed = shape.safeParse(payload);
  if (parsed.success) return parsed.data;
  return unknown(`The ${event} can’t be read: ${describeIssue(parsed.error.issues[0])}.`);
}

/** What it is about, as far as that can be read: the row of a delivery has it also where nothing else is understood. */
export function parseWebhookSubject(payload: unknown): WebhookSubject {
  const parsed = shapes.subject.safeParse(payload);
  return parsed.success ? parsed.data : NOBODY;
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'it has another form than GitHub describes';
  const path = issue.path.join('.');
  const message = issue.message.replace(/^Invalid input: /, '');
  return path === '' ? message : `${path}: ${message}`;
}

/** Only the event's shape is repeated: what a stranger wrote into a header ends up on a page. */
function shown(event: string): string {
  const name = event.slice(0, MAX_SHOWN_EVENT_LENGTH);
  return /^[a-z0-9_]+$/.test(name) ? name : 'of that name';
}

function unknown(reason: string): UnknownWebhook {
  return { kind: 'unknown', reason };
}
