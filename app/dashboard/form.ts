import type { Context } from 'hono';
import type { z } from 'zod';

/** What somebody typed, by the names of a form's fields; ticked boxes are there, others are missing. */
export type FormText = Readonly<Record<string, string | undefined>>;
/** What is wrong, by the names of fields. */
export type Mistakes = Readonly<Record<string, string | undefined>>;

type Issue = z.core.$ZodIssue;

export async function readForm(context: Context): Promise<FormText> {
  const body = await context.req.parseBody();
  return Object.fromEntries(Object.entries(body).filter((entry) => typeof entry[1] === 'string')) as FormText;
}

/** A line that may be left empty, which means: not given. */
export function optionalLine(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? undefined : trimmed;
}

/** A whole number that may be left empty; NaN, which no schema takes, for anything else. */
export function optionalNumber(text: string | undefined): number | undefined {
  const line = optionalLine(text);
  if (line === undefined) return undefined;
  return /^\d{1,15}$/.test(line) ? Number(line) : Number.NaN;
}

/** What a schema says of a form, in a sentence at each field. Fields of a part (`settings`) have names of their own. */
export function mistakesOf(error: z.ZodError): Mistakes {
  const mistakes: Record<string, string> = {};
  for (const issue of error.issues) mistakes[String(issue.path.at(-1) ?? '')] ??= sayIssue(issue);
  return mistakes;
}

function sayIssue(issue: Issue): string {
  if (issue.code === 'invalid_type') return 'A whole number is expected.';
  const isText = 'origin' in issue && issue.origin === 'string';
  if (issue.code === 'too_small') {
    return isText ? 'This must not be empty.' : `It must be at least ${issue.minimum}.`;
  }
  if (issue.code === 'too_big') {
    return `It must ${isText ? 'have' : 'be'} at most ${issue.maximum}${isText ? ' characters' : ''}.`;
  }
  return sentence(issue.message);
}

function sentence(text: string): string {
  const end = /[.!?]$/.test(text) ? '' : '.';
  return text.slice(0, 1).toUpperCase() + text.slice(1) + end;
}
