import { z } from 'zod';
import { buildSettingsSchema } from '../../contracts/build-spec.ts';
import { MAX_PROJECT_SLUG_LENGTH } from '../../contracts/host.ts';
import { commitSchema } from '../../contracts/ids.ts';
import { MAX_PROJECT_NAME_LENGTH } from './project-name.ts';

// What people may ask of projects, by the API or by a form of the dashboard: one set of rules for both.

/** Longer names of branches and tags are refused before Git sees them. */
const MAX_REF_LENGTH = 255;
const MAX_GIT_URL_LENGTH = 2048;
const MAX_KEPT_DEPLOYMENTS = 1000;
const MAX_PREVIEW_DAYS = 3650;
/** What isProjectSlug takes, in a form that a document can show. */
const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Text that Postgres can keep and that breaks no line where it is shown. */
function isLine(text: string): boolean {
  return text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text);
}

export const nameSchema = z
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
export const branchSchema = refSchema.meta({ example: 'main' });

export const settingsSchema = buildSettingsSchema.superRefine((settings, context) => {
  for (const [key, value] of Object.entries(settings)) {
    if (typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'))) continue;
    context.addIssue({ code: 'custom', path: [key], message: 'it is not valid text' });
  }
});

export const gitUrlSchema = z.string().min(1).max(MAX_GIT_URL_LENGTH).meta({
  description: 'A user and password in it are kept encrypted and never shown again.',
  example: 'https://github.com/withastro/blog-template',
});

const retention = {
  keepPerBranch: z.int().min(1).max(MAX_KEPT_DEPLOYMENTS).nullable().meta({
    description: 'How many deployments of a branch are kept; null for the default of this server.',
  }),
  previewDays: z.int().min(0).max(MAX_PREVIEW_DAYS).nullable().meta({
    description: 'Days that previews stay after their branch is gone; null for the default of this server.',
  }),
};

/** What may be changed of a project besides its name and its repository. */
export const changeable = {
  productionBranch: branchSchema,
  settings: settingsSchema,
  holdProduction: z.boolean().meta({
    description: 'Builds do not move production any more; only promotions do.',
  }),
  cancelRunning: z.boolean().meta({
    description: 'A push cancels what is still being built of its branch.',
  }),
  ...retention,
};

export const newProjectSchema = z.strictObject({
  gitUrl: gitUrlSchema,
  name: nameSchema.optional().meta({ description: 'Default: the name of the repository.' }),
  slug: z
    .string()
    .max(MAX_PROJECT_SLUG_LENGTH)
    .regex(SLUG, 'a slug is 1 to 30 characters of a-z, 0-9 and single hyphens inside')
    .optional()
    .meta({ description: 'Default: made of the name, with a number when it is taken.' }),
  productionBranch: branchSchema.optional().meta({ description: 'Default: what the repository says.' }),
  settings: settingsSchema.optional(),
  holdProduction: changeable.holdProduction.optional(),
  keepPerBranch: retention.keepPerBranch.optional(),
  previewDays: retention.previewDays.optional(),
  cancelRunning: changeable.cancelRunning.optional(),
});

export const projectChangesSchema = z
  .strictObject({ gitUrl: gitUrlSchema, name: nameSchema, ...changeable })
  .partial();

/** One line about what is uploaded: what the subject of a commit is to a build. */
const MAX_UPLOAD_MESSAGE_LENGTH = 200;

export const newUploadSchema = z.strictObject({
  branch: branchSchema.optional().meta({ description: 'Default: the production branch.' }),
  commit: commitSchema.optional().meta({
    description: 'What the folder was built of, to show to people. Nobody checks it.',
  }),
  message: z
    .string()
    .trim()
    .min(1)
    .max(MAX_UPLOAD_MESSAGE_LENGTH)
    .refine(isLine, 'a message is one line of text')
    .optional()
    .meta({ description: 'Shown where the subject of a commit is.' }),
});

export const newDeploymentSchema = z.strictObject({
  ref: refSchema.optional().meta({
    description: 'A branch, a tag or a full commit. Default: the production branch.',
    example: 'main',
  }),
});
