import { z } from '@hono/zod-openapi';
import { MAX_PROJECT_SLUG_LENGTH } from '../../contracts/host.ts';
import { commitSchema, idSchema } from '../../contracts/ids.ts';
import { failureReasonSchema, phaseTimingSchema } from '../../contracts/phases.ts';
import {
  branchSchema,
  changeable,
  gitUrlSchema,
  newDeploymentSchema,
  newProjectSchema,
  newUploadSchema,
  projectChangesSchema,
  settingsSchema,
} from '../domain/project-requests.ts';
import {
  type AliasKind,
  type AliasState,
  DEPLOYMENT_STATUSES,
  type DeploymentSource,
  type Environment,
  type RefKind,
} from '../domain/words.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, parseCreatedCursor, parseLabelCursor } from '../http/cursor.ts';

const MAX_CURSOR_LENGTH = 200;
const ALIAS_KINDS = ['production', 'branch', 'pull-request', 'deployment'] as const satisfies AliasKind[];

export const timeSchema = z
  .int()
  .nonnegative()
  .openapi({ description: 'Epoch milliseconds.', example: 1793322240000 });
const slugSchema = z.string().max(MAX_PROJECT_SLUG_LENGTH);

/** As components of the document. (Only schemas that are made here know `openapi`; `describe` makes them anew.) */
const settingsComponent = settingsSchema
  .describe('What is absent is detected. An empty command skips its phase. Directories are relative.')
  .openapi('BuildSettings');

export const projectSchema = z
  .strictObject({
    id: idSchema,
    slug: slugSchema.openapi({ description: 'Its part of the host names.', example: 'my-site' }),
    name: z.string(),
    gitUrl: z.string().nullable().openapi({
      description: 'Without credentials; null for a project whose folders are uploaded.',
    }),
    repositoryId: z.int().nullable().openapi({
      description:
        'GitHub’s number of the repository whose pushes the GitHub App deploys; null where it does not.',
    }),
    hasCredentials: z.boolean().openapi({ description: 'Whether the Git URL had a user or password.' }),
    ...changeable,
    settings: settingsComponent,
    url: z.url().openapi({ description: 'Its production site.' }),
    createdAt: timeSchema,
  })
  .openapi('Project');

const ABOUT_GIT_URL =
  'A user and password in it are kept encrypted and never shown again. Without it, folders are uploaded to the project.';

export const newProjectBody = newProjectSchema
  .extend({
    gitUrl: gitUrlSchema.nullish().describe(ABOUT_GIT_URL),
    settings: settingsComponent.optional(),
  })
  .superRefine(({ gitUrl, name }, context) => {
    if (typeof gitUrl === 'string' || name !== undefined) return;
    const message = 'give a Git URL, or a name for a project without one';
    context.addIssue({ code: 'custom', path: ['name'], message });
  })
  .openapi('NewProject');

export const projectChangesBody = projectChangesSchema
  .extend({ settings: settingsComponent.optional() })
  .openapi('ProjectChanges', {
    description:
      'What is absent stays. `settings` is replaced as a whole, and so is `gitUrl`: without a password in it the old one is forgotten.',
  });

export const newDeploymentBody = newDeploymentSchema.extend({}).openapi('NewDeployment');
export const newUploadBody = newUploadSchema.extend({}).openapi('NewUpload');

const pinnedSchema = z.boolean().openapi({ description: 'It is kept, however old it gets.' });

export const deploymentChangesSchema = z
  .strictObject({ pinned: pinnedSchema })
  .partial()
  .openapi('DeploymentChanges', { description: 'What is absent stays.' });

const requesterSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('administrator') }),
  z.strictObject({ kind: z.literal('deploy-hook'), name: z.string() }),
  z.strictObject({ kind: z.literal('push'), login: z.string().nullable() }),
  z.strictObject({ kind: z.literal('github-user'), login: z.string() }),
]);

export const deploymentSchema = z
  .strictObject({
    id: idSchema,
    project: z.strictObject({ id: idSchema, slug: slugSchema, name: z.string() }),
    status: z.enum(DEPLOYMENT_STATUSES),
    reason: failureReasonSchema.nullable().openapi({ description: 'Why it failed.' }),
    message: z.string().nullable().openapi({ description: 'A sentence for people about the status.' }),
    environment: z.enum(['production', 'preview'] satisfies Environment[]),
    refKind: z.enum(['branch', 'tag', 'commit', 'pull-request'] satisfies RefKind[]),
    ref: z.string().openapi({ description: 'As it was asked for.' }),
    source: z
      .enum(['git', 'upload'] satisfies DeploymentSource[])
      .openapi({ description: 'Built from a commit, or uploaded as it is.' }),
    commit: commitSchema.nullable().openapi({ description: 'Null for an upload that named none.' }),
    commitSubject: z.string().nullable().openapi({ description: 'First line of the commit’s message.' }),
    commitAuthor: z.string().nullable(),
    requestedBy: requesterSchema.nullable().openapi({ description: 'Who asked for it.' }),
    settings: settingsComponent,
    framework: z.string().nullable(),
    fileCount: z.int().nonnegative().nullable(),
    outputBytes: z.int().nonnegative().nullable(),
    phases: z.array(phaseTimingSchema),
    pinned: pinnedSchema,
    urls: z.strictObject({
      deployment: z.url().openapi({ description: 'Always this deployment.' }),
      branch: z.url().nullable().openapi({ description: 'The newest ready one of its branch.' }),
      pullRequest: z
        .url()
        .nullable()
        .openapi({ description: 'The newest ready one of the pull request that it is for.' }),
      production: z.url().nullable().openapi({ description: 'Null for previews.' }),
      logs: z.url(),
    }),
    createdAt: timeSchema,
    startedAt: timeSchema.nullable(),
    finishedAt: timeSchema.nullable(),
  })
  .openapi('Deployment');

export const begunUploadSchema = z
  .strictObject({
    deployment: deploymentSchema,
    upload: z.strictObject({
      token: z.string().openapi({
        description: 'Uploads this folder and does nothing else. It is not shown again.',
      }),
      claimBefore: timeSchema.openapi({ description: 'Epoch milliseconds: later it has failed as `lost`.' }),
    }),
  })
  .openapi('BegunUpload');

export const aliasSchema = z
  .strictObject({
    label: z.string().openapi({ description: 'The first label of the host.', example: 'main--my-site' }),
    url: z.url(),
    kind: z.enum(ALIAS_KINDS),
    branch: z.string().nullable(),
    state: z.enum(['live', 'waiting', 'failed', 'blocked', 'gone'] satisfies AliasState[]),
    deploymentId: idSchema.nullable(),
    reason: failureReasonSchema.nullable(),
    changedAt: timeSchema,
  })
  .openapi('Alias');

export const nextSchema = z
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
export function pageQueryOf<Position>(parse: (text: string) => Position | undefined) {
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
export const projectsQuery = pageQuery.extend({
  gitUrl: gitUrlSchema
    .optional()
    .describe('Only projects of this repository. Leave user and password out: addresses are logged.'),
});
export const aliasPageQuery = pageQueryOf(parseLabelCursor).extend({
  kind: z.enum(ALIAS_KINDS).optional(),
});

const filters = {
  status: z.enum(DEPLOYMENT_STATUSES).optional(),
  branch: branchSchema.optional(),
};
export const deploymentsOfProjectQuery = pageQuery.extend(filters);
export const deploymentsQuery = pageQuery.extend({
  project: z.string().optional().openapi({ description: 'Slug of a project.' }),
  ...filters,
});
