import { z } from '@hono/zod-openapi';
import { buildSettingsSchema } from '../../contracts/build-spec.ts';
import { MAX_PROJECT_SLUG_LENGTH } from '../../contracts/host.ts';
import { commitSchema, idSchema } from '../../contracts/ids.ts';
import { failureReasonSchema, phaseTimingSchema } from '../../contracts/phases.ts';
import { MAX_PROJECT_NAME_LENGTH } from '../domain/project-name.ts';
import {
  type AliasKind,
  type AliasState,
  DEPLOYMENT_STATUSES,
  type DeploymentSource,
  type Environment,
  type RefKind,
} from '../domain/words.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, parseCreatedCursor, parseLabelCursor } from './cursor.ts';

/** Longer names of branches and tags are refused before Git sees them. */
const MAX_REF_LENGTH = 255;
const MAX_GIT_URL_LENGTH = 2048;
const MAX_KEPT_DEPLOYMENTS = 1000;
const MAX_PREVIEW_DAYS = 3650;
const MAX_CURSOR_LENGTH = 200;
/** What isProjectSlug takes, in a form that the document can show. */
const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const timeSchema = z
  .int()
  .nonnegative()
  .openapi({ description: 'Epoch milliseconds.', example: 1793322240000 });
const slugSchema = z.string().max(MAX_PROJECT_SLUG_LENGTH);

/** Text that Postgres can keep and that breaks no line where it is shown. */
function isLine(text: string): boolean {
  return text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text);
}

const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(MAX_PROJECT_NAME_LENGTH)
  .refine(isLine, 'a name is one line of text');

const refSchema = z
  .string()
  .min(1)
  .max(MAX_REF_LENGTH)
  .refine(isLine, 'a name in Git has no control characters');
const branchSchema = refSchema.openapi({ example: 'main' });

const settingsSchema = buildSettingsSchema
  .superRefine((settings, context) => {
    for (const [key, value] of Object.entries(settings)) {
      if (typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'))) continue;
      context.addIssue({ code: 'custom', path: [key], message: 'it is not valid text' });
    }
  })
  .openapi('BuildSettings', {
    description: 'What is absent is detected. An empty command skips its phase. Directories are relative.',
  });

const gitUrlSchema = z.string().min(1).max(MAX_GIT_URL_LENGTH).openapi({
  description: 'A user and password in it are kept encrypted and never shown again.',
  example: 'https://github.com/withastro/blog-template',
});

const retention = {
  keepPerBranch: z.int().min(1).max(MAX_KEPT_DEPLOYMENTS).nullable().openapi({
    description: 'How many deployments of a branch are kept; null for the default of this server.',
  }),
  previewDays: z.int().min(0).max(MAX_PREVIEW_DAYS).nullable().openapi({
    description: 'Days that previews stay after their branch is gone; null for the default of this server.',
  }),
};

const changeable = {
  productionBranch: branchSchema,
  settings: settingsSchema,
  holdProduction: z.boolean().openapi({
    description: 'Builds do not move production any more; only promotions do.',
  }),
  ...retention,
};

export const projectSchema = z
  .strictObject({
    id: idSchema,
    slug: slugSchema.openapi({ description: 'Its part of the host names.', example: 'my-site' }),
    name: z.string(),
    gitUrl: z.string().nullable().openapi({
      description: 'Without credentials; null for a project whose folders are uploaded.',
    }),
    hasCredentials: z.boolean().openapi({ description: 'Whether the Git URL had a user or password.' }),
    ...changeable,
    url: z.url().openapi({ description: 'Its production site.' }),
    createdAt: timeSchema,
  })
  .openapi('Project');

export const newProjectSchema = z
  .strictObject({
    gitUrl: gitUrlSchema,
    name: nameSchema.optional().openapi({ description: 'Default: the name of the repository.' }),
    slug: z
      .string()
      .max(MAX_PROJECT_SLUG_LENGTH)
      .regex(SLUG, 'a slug is 1 to 30 characters of a-z, 0-9 and single hyphens inside')
      .optional()
      .openapi({ description: 'Default: made of the name, with a number when it is taken.' }),
    productionBranch: branchSchema.optional().openapi({ description: 'Default: what the repository says.' }),
    settings: settingsSchema.optional(),
    holdProduction: changeable.holdProduction.optional(),
    keepPerBranch: retention.keepPerBranch.optional(),
    previewDays: retention.previewDays.optional(),
  })
  .openapi('NewProject');

export const projectChangesSchema = z
  .strictObject({ gitUrl: gitUrlSchema, name: nameSchema, ...changeable })
  .partial()
  .openapi('ProjectChanges', {
    description:
      'What is absent stays. `settings` is replaced as a whole, and so is `gitUrl`: without a password in it the old one is forgotten.',
  });

export const newDeploymentSchema = z
  .strictObject({
    ref: refSchema.optional().openapi({
      description: 'A branch, a tag or a full commit. Default: the production branch.',
      example: 'main',
    }),
  })
  .openapi('NewDeployment');

const pinnedSchema = z.boolean().openapi({ description: 'It is kept, however old it gets.' });

export const deploymentChangesSchema = z
  .strictObject({ pinned: pinnedSchema })
  .partial()
  .openapi('DeploymentChanges', { description: 'What is absent stays.' });

const requesterSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('administrator') }),
  z.strictObject({ kind: z.literal('deploy-hook'), name: z.string() }),
]);

export const deploymentSchema = z
  .strictObject({
    id: idSchema,
    project: z.strictObject({ id: idSchema, slug: slugSchema, name: z.string() }),
    status: z.enum(DEPLOYMENT_STATUSES),
    reason: failureReasonSchema.nullable().openapi({ description: 'Why it failed.' }),
    message: z.string().nullable().openapi({ description: 'A sentence for people about the status.' }),
    environment: z.enum(['production', 'preview'] satisfies Environment[]),
    refKind: z.enum(['branch', 'tag', 'commit'] satisfies RefKind[]),
    ref: z.string().openapi({ description: 'As it was asked for.' }),
    source: z
      .enum(['git', 'upload'] satisfies DeploymentSource[])
      .openapi({ description: 'Built from a commit, or uploaded as it is.' }),
    commit: commitSchema.nullable().openapi({ description: 'Null for an upload that named none.' }),
    commitSubject: z.string().nullable().openapi({ description: 'First line of the commit’s message.' }),
    commitAuthor: z.string().nullable(),
    requestedBy: requesterSchema.nullable().openapi({ description: 'Who asked for it.' }),
    settings: settingsSchema,
    framework: z.string().nullable(),
    fileCount: z.int().nonnegative().nullable(),
    outputBytes: z.int().nonnegative().nullable(),
    phases: z.array(phaseTimingSchema),
    pinned: pinnedSchema,
    urls: z.strictObject({
      deployment: z.url().openapi({ description: 'Always this deployment.' }),
      branch: z.url().nullable().openapi({ description: 'The newest ready one of its branch.' }),
      production: z.url().nullable().openapi({ description: 'Null for previews.' }),
      logs: z.url(),
    }),
    createdAt: timeSchema,
    startedAt: timeSchema.nullable(),
    finishedAt: timeSchema.nullable(),
  })
  .openapi('Deployment');

export const aliasSchema = z
  .strictObject({
    label: z.string().openapi({ description: 'The first label of the host.', example: 'main--my-site' }),
    url: z.url(),
    kind: z.enum(['production', 'branch', 'pull-request', 'deployment'] satisfies AliasKind[]),
    branch: z.string().nullable(),
    state: z.enum(['live', 'waiting', 'failed', 'blocked', 'gone'] satisfies AliasState[]),
    deploymentId: idSchema.nullable(),
    reason: failureReasonSchema.nullable(),
    changedAt: timeSchema,
  })
  .openapi('Alias');

const nextSchema = z
  .string()
  .nullable()
  .openapi({ description: 'The `after` of the next page; null at the end.' });

export const projectPageSchema = z
  .strictObject({ items: z.array(projectSchema), next: nextSchema })
  .openapi('ProjectPage');
export const deploymentPageSchema = z
  .strictObject({ items: z.array(deploymentSchema), next: nextSchema })
  .openapi('DeploymentPage');
export const aliasPageSchema = z
  .strictObject({ items: z.array(aliasSchema), next: nextSchema })
  .openapi('AliasPage');

export const loginLinkSchema = z
  .strictObject({
    url: z.url().openapi({ description: 'Opens the dashboard signed in, once.' }),
    expiresAt: timeSchema,
  })
  .openapi('LoginLink');

export const slugParams = z.object({ slug: z.string().openapi({ example: 'my-site' }) });
export const idParams = z.object({ id: z.string().openapi({ example: 'k3v9x0p2m7q4w8z1c5b6' }) });

/** What lists take; `parse` reads the cursors of that list. */
function pageQueryOf<Position>(parse: (text: string) => Position | undefined) {
  const after = z
    .string()
    .max(MAX_CURSOR_LENGTH)
    .transform((text, context) => {
      const position = parse(text);
      if (position !== undefined) return position;
      context.addIssue({
        code: 'custom',
        message: 'it is no cursor of this list: send `next` as you got it',
      });
      return z.NEVER;
    })
    .optional()
    .openapi({ type: 'string', description: '`next` of the page before.' });
  const limit = z.coerce.number().int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE);
  return z.object({ after, limit });
}

export const pageQuery = pageQueryOf(parseCreatedCursor);
export const aliasPageQuery = pageQueryOf(parseLabelCursor);

const filters = {
  status: z.enum(DEPLOYMENT_STATUSES).optional(),
  branch: branchSchema.optional(),
};
export const deploymentsOfProjectQuery = pageQuery.extend(filters);
export const deploymentsQuery = pageQuery.extend({
  project: z.string().optional().openapi({ description: 'Slug of a project.' }),
  ...filters,
});
