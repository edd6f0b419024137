// What strangers wrote (build output, messages) as Markdown of a comment of ours, in which it must not call anybody,
// link anything or change how the rest reads. All of it goes into code: GitHub looks for mentions (`@ada`), issues
// (`#1`, `GH-1`, `o/r#1`) and addresses everywhere else, after Markdown's own escapes are gone.

/* eslint-disable no-control-regex */
const COMMANDS =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?/g;
const ESCAPES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;
/** All that has no look of its own, but tabs and what joins the letters of scripts and emoji. */
const INVISIBLE = /(?![\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** What is read of a text that becomes one line. */
const MAX_RAW_LENGTH = 10_000;
const ELLIPSIS = '…';
const SHORTEST_FENCE = 3;

/** One line without colours, controls and what reverses the reading direction. */
export function cleanLine(text: string): string {
  return text.toWellFormed().replaceAll(COMMANDS, '').replaceAll(ESCAPES, '').replaceAll(INVISIBLE, '');
}

/** At most that many UTF-16 units, whole characters, with an ellipsis where something is missing. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const kept = text.slice(0, maxLength - ELLIPSIS.length);
  const isHalf = !kept.isWellFormed() && text.isWellFormed();
  return (isHalf ? kept.slice(0, -1) : kept) + ELLIPSIS;
}

/** Text of any kind as one line: breaks become spaces. */
export function toLine(text: string, maxLength: number): string {
  const line = text.slice(0, MAX_RAW_LENGTH).replaceAll(/[\s\u2028\u2029]+/g, ' ');
  return cutText(cleanLine(line).trim(), maxLength);
}

/** Inline code that shows the text as it is; empty for a text of nothing. */
export function formatCode(text: string, maxLength: number): string {
  const line = toLine(text, maxLength);
  if (line === '') return '';
  const fence = '`'.repeat(longestRun(line) + 1);
  const space = line.includes('`') ? ' ' : '';
  return fence + space + line + space + fence;
}

/** The same for a cell of a table, which ends at a pipe, in code too. A backslash before one would free it again. */
export function formatCodeCell(text: string, maxLength: number): string {
  return formatCode(text.replaceAll(/\\+(?=\|)/g, '$& '), maxLength).replaceAll('|', '\\|');
}

/** A block of code between fences that no line of it can close. The lines are clean already. */
export function formatCodeBlock(lines: readonly string[]): string {
  const runs = lines.map(longestRun);
  const fence = '`'.repeat(Math.max(SHORTEST_FENCE, ...runs.map((run) => run + 1)));
  return [`${fence}text`, ...lines, fence].join('\n');
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}
