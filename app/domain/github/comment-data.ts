import { z } from 'zod';

/** What a comment says of one project, for scripts. docs/pull-request-comment.md promises these fields. */
export interface CommentProject {
  readonly project: string;
  readonly status: string;
  /** Where the branch is served; null while, or when, it is nowhere. */
  readonly previewUrl: string | null;
  /** The deployment's page. */
  readonly deploymentUrl: string | null;
  readonly commit: string | null;
  /** ISO 8601. */
  readonly updatedAt: string;
}

const VERSION = 1;
const BEFORE = '<!-- offshoot:data ';
const AFTER = ' -->';
const DATA = /^<!-- offshoot:data (.*) -->$/m;

const dataSchema = z.object({
  version: z.literal(VERSION),
  projects: z.array(
    z.object({
      project: z.string(),
      status: z.string(),
      previewUrl: z.string().nullable(),
      deploymentUrl: z.string().nullable(),
      commit: z.string().nullable(),
      updatedAt: z.string(),
    }),
  ),
});

/**
 * The line of a comment that scripts read: JSON in an HTML comment. In strings of JSON any character may be written as
 * an escape, so what could end the HTML comment, or call somebody, is.
 */
export function formatCommentData(projects: readonly CommentProject[]): string {
  const json = JSON.stringify({ version: VERSION, projects }).toWellFormed();
  const escaped = json.replaceAll(/-(?=-)|[<>@#`\u007f-\uffff]/g, escapeUnit);
  return BEFORE + escaped + AFTER;
}

/** The projects of a comment; undefined where there is no such line, or it is not ours. */
export function parseCommentData(body: string): readonly CommentProject[] | undefined {
  try {
    return dataSchema.safeParse(JSON.parse(DATA.exec(body)?.[1] ?? '')).data?.projects;
  } catch {
    return undefined;
  }
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
