import type { DescribedDeployment } from '../domain/describe-deployment.ts';
import type { DeliveryEvent } from '../domain/words.ts';
import type { News } from './news.ts';

/** Slack cuts or refuses longer texts; names, subjects and reasons are bounded so that the links stay whole. */
const MAX_NAME_LENGTH = 150;
const MAX_TEXT_LENGTH = 600;
const SHORT_COMMIT_LENGTH = 7;

const HEADLINES: Record<DeliveryEvent, { readonly icon: string; readonly words: string }> = {
  'deployment.ready': { icon: ':white_check_mark:', words: 'is ready' },
  'deployment.failed': { icon: ':x:', words: 'failed' },
  'deployment.blocked': { icon: ':lock:', words: 'waits for approval' },
  ping: { icon: ':wave:', words: 'tells here what becomes of its deployments' },
};

/** What Slack's incoming webhooks take. Servers that only know `text` (Mattermost, Discord) get all of it there. */
export function formatSlackMessage(news: News) {
  const lines = [headlineOf(news), ...detailsOf(news), linksOf(news)];
  const [head, foot] = [lines.slice(0, -1).join('\n'), lines.at(-1) ?? ''];
  return {
    text: lines.join('\n'),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: head } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: foot }] },
    ],
  };
}

function headlineOf({ event, project, deployment }: News): string {
  const { icon, words } = HEADLINES[event];
  const name = `*${escapeText(project.name, MAX_NAME_LENGTH)}*`;
  return deployment === null
    ? `${icon} ${name} ${words}.`
    : `${icon} ${name} ${codeOf(deployment.ref)} ${words}`;
}

function detailsOf({ event, deployment }: News): string[] {
  if (deployment === null) return [];
  const { message, reason } = deployment;
  const why = [message ?? '', reason === null ? '' : `(${reason})`].filter((part) => part !== '').join(' ');
  const details = [
    commitOf(deployment),
    event === 'deployment.ready' ? '' : escapeText(why, MAX_TEXT_LENGTH),
  ];
  return details.filter((line) => line !== '');
}

function commitOf({ commit, commitSubject, commitAuthor }: DescribedDeployment): string {
  const subject = commitSubject === null ? '' : escapeText(commitSubject, MAX_TEXT_LENGTH);
  const short = commit === null ? '' : codeOf(commit.slice(0, SHORT_COMMIT_LENGTH));
  const author = commitAuthor === null ? '' : `by ${escapeText(commitAuthor, MAX_NAME_LENGTH)}`;
  return [short, subject, author].filter((part) => part !== '').join(' ');
}

/** A deployment that is ready is shown by its own host: the others may serve another one by now. */
function linksOf({ event, project, deployment, page }: News): string {
  if (deployment === null) return linkOf(page, 'Open the project');
  const { urls, environment } = deployment;
  if (event !== 'deployment.ready') return linkOf(page, 'Why, and what to do');
  const links = [linkOf(urls.deployment, 'Open this deployment')];
  if (environment === 'production') links.push(linkOf(project.url, 'Production'));
  else if (urls.branch !== null) links.push(linkOf(urls.branch, 'Branch'));
  else if (urls.pullRequest !== null) links.push(linkOf(urls.pullRequest, 'Pull request'));
  return [...links, linkOf(page, 'Details')].join(' · ');
}

/** Our own URLs hold nothing that ends the link. */
function linkOf(url: string, words: string): string {
  return `<${escapeText(url, Infinity)}|${words}>`;
}

function codeOf(text: string): string {
  return `\`${escapeText(text.replaceAll('`', "'"), MAX_NAME_LENGTH)}\``;
}

/**
 * Somebody's text as one line inside of a message: it can neither make links nor address a channel (`<!channel>`),
 * also where a server that is not Slack would see "@all" as such. Its length is that of what is sent.
 */
function escapeText(text: string, maxLength: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  let escaped = '';
  for (const letter of line) {
    const next = ESCAPES[letter] ?? letter;
    if (escaped.length + next.length > maxLength) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '@': '@\u200B',
};
