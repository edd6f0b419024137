import { z } from 'zod';
import { commitSchema, idSchema } from './ids.ts';

/** Node majors that a project may ask for. */
export const nodeMajorSchema = z.number().int().min(18).max(30);

/**
 * Settings that a project, or `offshoot.json` in its repository, may override; what is absent is detected.
 * `rootDirectory` and `outputDirectory` are relative to the repository and to the root directory. An empty
 * command means: skip this phase.
 */
export const buildSettingsSchema = z.strictObject({
  rootDirectory: z.string().max(512).optional(),
  installCommand: z.string().max(4096).optional(),
  buildCommand: z.string().max(4096).optional(),
  outputDirectory: z.string().max(512).optional(),
  nodeMajor: nodeMajorSchema.optional(),
});
export type BuildSettings = z.infer<typeof buildSettingsSchema>;

/** Bounds of one build. Every one is a setting of the app and reaches the builder in its spec. */
export const buildLimitsSchema = z.object({
  checkoutTimeoutMs: z.number().int().positive(),
  installTimeoutMs: z.number().int().positive(),
  buildTimeoutMs: z.number().int().positive(),
  publishTimeoutMs: z.number().int().positive(),
  repositoryBytes: z.number().int().positive(),
  memoryBytes: z.number().int().positive(),
  processes: z.number().int().positive(),
  diskBytes: z.number().int().positive(),
  outputFiles: z.number().int().positive(),
  outputFileBytes: z.number().int().positive(),
  outputBytes: z.number().int().positive(),
  logBytes: z.number().int().positive(),
});
export type BuildLimits = z.infer<typeof buildLimitsSchema>;

/** How the builder gets the source. `url` may hold credentials: it is never logged and never reaches user code. */
export const sourceSchema = z.object({
  url: z.string(),
  commit: commitSchema,
  /** The branch or tag that was asked for, for display and for servers that refuse a bare commit. */
  ref: z.string().nullable(),
  /** file:// and private addresses, when the operator allows them. */
  allowLocal: z.boolean(),
});

/**
 * The code is a stranger's: its commands run in a sandbox or not at all, and what offshoot.json says is what the base
 * branch's says, which somebody with write permission has put there.
 */
export const forkSchema = z.object({
  /** The base repository has the commit at `refs/pull/<n>/head`. */
  pullRequest: z.number().int().positive().nullable(),
  /** Null: no offshoot.json counts. */
  baseBranch: z.string().nullable(),
});

/** Everything a builder is told; the answer to its claim. */
export const buildSpecSchema = z.object({
  version: z.literal(1),
  deploymentId: idSchema,
  attempt: z.number().int().positive(),
  projectId: idSchema,
  projectSlug: z.string(),
  /** Null when the builder brings the output itself: a folder is uploaded, nothing is checked out or built. */
  source: sourceSchema.nullable(),
  fork: forkSchema.optional(),
  settings: buildSettingsSchema,
  /** Variables for the user's commands: CI, OFFSHOOT_DEPLOYMENT_URL, … */
  environment: z.record(z.string(), z.string()),
  /** Values to mask in the log, besides the credentials in `source.url`. */
  secrets: z.array(z.string()),
  /** Untrusted builds (forks) read the project's download cache but never write it. */
  cacheWritable: z.boolean(),
  limits: buildLimitsSchema,
  heartbeatMs: z.number().int().positive(),
  /** How long the app may be out of reach before the builder gives up. */
  leaseMs: z.number().int().positive(),
});
export type BuildSpec = z.infer<typeof buildSpecSchema>;

/** A spec that says what to check out and build. */
export type SourceBuildSpec = BuildSpec & { readonly source: NonNullable<BuildSpec['source']> };

export function hasSource(spec: BuildSpec): spec is SourceBuildSpec {
  return spec.source !== null;
}
