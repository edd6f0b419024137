import { z } from 'zod';

/**
 * What the command line reads of the server's answers. They are loose: what a newer server adds is kept, for --json,
 * and not looked at.
 */
const nullableText = z.string().nullable();
const time = z.number();

export const projectSchema = z.looseObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  gitUrl: nullableText,
  productionBranch: z.string(),
  settings: z.record(z.string(), z.unknown()),
  url: z.string(),
  createdAt: time,
});
export type Project = z.infer<typeof projectSchema>;

export const deploymentSchema = z.looseObject({
  id: z.string(),
  project: z.looseObject({ slug: z.string(), name: z.string() }),
  status: z.string(),
  reason: nullableText,
  message: nullableText,
  environment: z.string(),
  refKind: z.string(),
  ref: z.string(),
  source: z.string(),
  commit: nullableText,
  commitSubject: nullableText,
  fileCount: z.number().nullable(),
  outputBytes: z.number().nullable(),
  phases: z.array(z.looseObject({ phase: z.string(), startedAt: time, endedAt: time.nullable() })),
  urls: z.looseObject({
    deployment: z.string(),
    branch: nullableText,
    /** Older servers do not say it. */
    pullRequest: nullableText.optional(),
    production: nullableText,
    /** At the address by which people know the server. */
    logs: z.url(),
  }),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
});
export type Deployment = z.infer<typeof deploymentSchema>;

export const begunUploadSchema = z.object({
  deployment: deploymentSchema,
  upload: z.looseObject({ token: z.string() }),
});

export const aliasSchema = z.looseObject({
  url: z.string(),
  kind: z.string(),
  state: z.string(),
  deploymentId: nullableText,
});
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: nullableText });

export const loginLinkSchema = z.looseObject({ url: z.string() });

export const logLineSchema = z.object({
  attempt: z.number(),
  seq: z.number(),
  at: time,
  phase: z.string(),
  stream: z.string(),
  text: z.string(),
});
export type LogLine = z.infer<typeof logLineSchema>;

export const logResultSchema = z.looseObject({
  status: z.string(),
  missing: z.number().nullable(),
});
export type LogResult = z.infer<typeof logResultSchema>;

/** RFC 9457, as docs/api.md says. */
export const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
});

/** Nothing will happen to it any more. */
export function isOver(status: string): boolean {
  return !['queued', 'launching', 'building', 'blocked'].includes(status);
}
