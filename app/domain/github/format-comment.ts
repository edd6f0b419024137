import type { FailureReason } from '../../../contracts/phases.ts';
import { explainFailure } from '../explain-failure.ts';
import type { DeploymentStatus } from '../words.ts';
import { type CommentProject, formatCommentData } from './comment-data.ts';
import {
  cleanLine,
  cutText,
  escapeHtml,
  formatCode,
  formatCodeBlock,
  formatCodeCell,
  toLine,
} from './neutralise-text.ts';

/** Of the 65,536 characters that GitHub takes. */
export const MAX_COMMENT_LENGTH = 60_000;
/** How the comment is found again, with the App that wrote it: anybody can write this line. */
export const COMMENT_MARKER = '<!-- offshoot:comment -->';
/** More are more than anybody reads; the page has all. */
const MAX_LOG_LINES = 50;
const MAX_LOG_LINE_LENGTH = 500;
/** What two fences may be longer than the shortest ones, since lines of the log may be long fences. */
const MAX_LONGER_FENCES = 2 * MAX_LOG_LINE_LENGTH;
/** Before a line is cleaned, which takes colours away: enough of it to have something left. */
const MAX_RAW_LINE_LENGTH = 10 * MAX_LOG_LINE_LENGTH;
const MAX_NAME_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 300;
const MAX_URL_LENGTH = 500;
/** More than what is written around the projects: marker, head of the table, sentences. */
const FRAME_LENGTH = 1000;
const SHORT_COMMIT_LENGTH = 7;
const NOTHING = '—';

/** The newest deployment of one project for the pull request's commit. */
export interface CommentRow {
  readonly project: string;
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  /** Of the deployment: what went wrong, or why it was skipped. Masked. */
  readonly message: string | null;
  /** Where the branch or the pull request is served; null while it is nowhere. */
  readonly previewUrl: string | null;
  /** The deployment's page. */
  readonly deploymentUrl: string;
  readonly commit: string | null;
  readonly updatedAt: Date;
  /** The last lines of its log when its build failed, masked; else none. */
  readonly logLines: readonly string[];
}

export interface PullRequestComment {
  readonly isOpen: boolean;
  /** One for each project of the repository. */
  readonly rows: readonly CommentRow[];
}

/**
 * The pull request's one comment: what holds now, so that the same state makes the same text. What does not fit is left
 * out: lines of logs first, the oldest first, and then projects.
 */
export function formatComment({ isOpen, rows }: PullRequestComment): string {
  const parts = fitParts(rows.map((row) => partsOf(isOpen ? row : { ...row, previewUrl: null })));
  const body = joinParts(parts, rows.length - parts.length, isOpen);
  return body + formatLogs(rows.slice(0, parts.length), MAX_COMMENT_LENGTH - body.length);
}

/** What a comment has of one project, besides its log. */
interface RowParts {
  readonly data: CommentProject;
  readonly cells: string;
  readonly note: string;
}

function partsOf(row: CommentRow): RowParts {
  return { data: dataOf(row), cells: `| ${cellsOf(row).join(' | ')} |`, note: formatNote(row) };
}

/** The first projects, as many as there is room for; one always fits, since all that is in it is cut. */
function fitParts(parts: readonly RowParts[]): readonly RowParts[] {
  let room = MAX_COMMENT_LENGTH - FRAME_LENGTH;
  const tooMany = parts.findIndex(({ data, cells, note }) => {
    room -= formatCommentData([data]).length + cells.length + note.length + 2;
    return room < 0;
  });
  return tooMany === -1 ? parts : parts.slice(0, tooMany);
}

function joinParts(parts: readonly RowParts[], left: number, isOpen: boolean): string {
  const paragraphs = [
    `${COMMENT_MARKER}\n${formatCommentData(parts.map(({ data }) => data))}`,
    isOpen ? '' : 'This pull request is closed, so it is not served any more.',
    parts.length === 0 ? 'Nothing is deployed for this pull request yet.' : formatTable(parts),
    parts.flatMap(({ note }) => (note === '' ? [] : [note])).join('\n'),
    left === 0 ? '' : `${left} more ${left === 1 ? 'project is' : 'projects are'} not shown.`,
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

function formatTable(parts: readonly RowParts[]): string {
  const head = ['| Project | Status | Preview | Commit | Updated (UTC) |', '| --- | --- | --- | --- | --- |'];
  return [...head, ...parts.map(({ cells }) => cells)].join('\n');
}

function cellsOf(row: CommentRow): string[] {
  const preview = parseLink(row.previewUrl);
  return [
    formatCodeCell(row.project, MAX_NAME_LENGTH) || NOTHING,
    formatLink(STATUS_WORDS[row.status], row.deploymentUrl),
    preview === undefined ? NOTHING : formatLink(preview.host, preview.href),
    row.commit === null ? NOTHING : formatCodeCell(row.commit.slice(0, SHORT_COMMIT_LENGTH), MAX_NAME_LENGTH),
    row.updatedAt.toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' '),
  ];
}

const STATUS_WORDS: Readonly<Record<DeploymentStatus, string>> = {
  queued: '⏳ Queued',
  launching: '🔨 Building',
  building: '🔨 Building',
  ready: '✅ Ready',
  failed: '❌ Failed',
  canceled: '⏹️ Canceled',
  superseded: '⏭️ Superseded',
  blocked: '✋ Waiting for approval',
  skipped: '⏭️ Skipped',
};

/** What the table has no room for: why it failed, why it was not built, what it waits for. */
function formatNote(row: CommentRow): string {
  const name = formatCode(row.project, MAX_NAME_LENGTH);
  const message = formatCode(row.message ?? '', MAX_MESSAGE_LENGTH);
  if (row.status === 'blocked') {
    const ask =
      'somebody with write permission can approve this commit on its page, or with a comment `/deploy`.';
    return `- ${name} comes from a fork. Look at the change first: ${ask}`;
  }
  if (row.status === 'failed') {
    const title = row.reason === null ? 'It failed' : explainFailure(row.reason).title;
    return `- ${name}: ${title}. ${message}`.trimEnd();
  }
  return row.status === 'skipped' && message !== '' ? `- ${name}: ${message}` : '';
}

/** Each log gets the same part of what room there is. */
function formatLogs(rows: readonly CommentRow[], room: number): string {
  const failed = rows.filter(({ logLines }) => logLines.length > 0);
  return failed.map((row) => formatLog(row, Math.floor(room / failed.length))).join('');
}

function formatLog({ project, logLines }: CommentRow, room: number): string {
  const lines = logLines.slice(-MAX_LOG_LINES).map(cleanLogLine);
  let left = room - foldLog(project, []).length - MAX_LONGER_FENCES;
  const tooMuch = lines.findLastIndex((line) => (left -= line.length + 1) < 0);
  const kept = lines.slice(tooMuch + 1);
  return kept.length === 0 ? '' : foldLog(project, kept);
}

function foldLog(project: string, lines: readonly string[]): string {
  const name = escapeHtml(toLine(project, MAX_NAME_LENGTH));
  const summary = `<summary>The end of the log of <code>${name}</code></summary>`;
  return `\n<details>${summary}\n\n${formatCodeBlock(lines)}\n\n</details>\n`;
}

/** Programs that draw progress write over a line again and again: what stood there last is what it says. */
function cleanLogLine(text: string): string {
  const drawn = text.split('\r').findLast((part) => part !== '') ?? '';
  return cutText(cleanLine(drawn.slice(0, MAX_RAW_LINE_LENGTH)), MAX_LOG_LINE_LENGTH);
}

function dataOf(row: CommentRow): CommentProject {
  return {
    project: cutText(row.project, MAX_NAME_LENGTH),
    status: row.status,
    previewUrl: parseLink(row.previewUrl)?.href ?? null,
    deploymentUrl: parseLink(row.deploymentUrl)?.href ?? null,
    commit: row.commit?.slice(0, MAX_NAME_LENGTH) ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** `words` are ours, or a host. */
function formatLink(words: string, url: string): string {
  const link = parseLink(url);
  return link === undefined ? words : `[${words}](${link.href})`;
}

/** Undefined for what is no address of a page, or too long to be one of ours. */
function parseLink(text: string | null): { readonly host: string; readonly href: string } | undefined {
  if (text === null || !URL.canParse(text)) return undefined;
  const { protocol, username, host, href: whole } = new URL(text);
  if (!['https:', 'http:'].includes(protocol) || username !== '') return undefined;
  const href = whole.replaceAll(/[()|<>\\`]/g, percentEncode);
  return href.length <= MAX_URL_LENGTH ? { host, href } : undefined;
}

/** For what ends an address in Markdown, or a cell; encodeURIComponent leaves parentheses as they are. */
function percentEncode(unit: string): string {
  return `%${unit.charCodeAt(0).toString(16).toUpperCase()}`;
}
