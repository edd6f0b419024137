/** What can be asked for in a comment; there is nothing else. */
export type CommentCommand = 'deploy';

/** At most three spaces: four make code of it. */
const COMMAND = /^ {0,3}\/deploy[ \t]*$/;
const FENCE = /^ {0,3}(`{3,}(?!.*`)|~{3,})(.*)$/;
const QUOTE = /^ {0,3}>/;
const BLANK = /^[ \t]*$/;

/**
 * The command in a comment: `/deploy` on a line of its own. What is quoted, code, or hidden (an HTML comment) only
 * shows it: somebody who answers a mail, explains it or takes over a template has not asked for anything. Where
 * Markdown leaves it open, it counts as shown.
 */
export function parseCommentCommand(body: string): CommentCommand | undefined {
  return plainLines(body).some((line) => COMMAND.test(line)) ? 'deploy' : undefined;
}

/** The lines that are neither quoted nor code nor hidden. */
function plainLines(body: string): string[] {
  const plain: string[] = [];
  let fence: string | undefined;
  let isQuoted = false;
  for (const line of withoutHidden(body).split(/\r\n|\r|\n/)) {
    const mark = FENCE.exec(line);
    if (fence !== undefined) {
      if (closes(mark, fence)) fence = undefined;
      continue;
    }
    // A quote goes on until a blank line, with or without `>`.
    isQuoted = QUOTE.test(line) || (isQuoted && !BLANK.test(line));
    if (isQuoted) continue;
    fence = mark?.[1];
    if (fence === undefined) plain.push(line);
  }
  return plain;
}

function closes(mark: RegExpExecArray | null, fence: string): boolean {
  const [, run = '', rest = ''] = mark ?? [];
  return run.startsWith(fence) && BLANK.test(rest);
}

/** An HTML comment that is not closed hides the rest. The line that it stood on is none of its own. */
function withoutHidden(body: string): string {
  const [shown = '', ...hidden] = body.split('<!--');
  return [shown, ...hidden.map(afterHidden)].join('<!-- -->');
}

function afterHidden(text: string): string {
  const end = text.indexOf('-->');
  return end === -1 ? '' : text.slice(end + '-->'.length);
}
