import { html } from 'hono/html';
import type { ProjectRow } from '../../db/projects.ts';
import type { Html } from '../html.ts';
import { renderBuildFields } from './build-fields.ts';
import { type FilledForm, renderCheck, renderField, renderRefusal } from '../parts/field.ts';

type SettingsProject = Pick<ProjectRow, 'slug' | 'gitUrl' | 'gitCredentials' | 'repositoryId'>;

/** The operator's settings, which a project may override. */
interface Defaults {
  readonly keepPerBranch: number;
  readonly previewDays: number;
}

export interface SettingsOptions extends Defaults {
  /** Only the administrator gives a project another repository: rights come from it. */
  readonly isRepositoryFixed: boolean;
}

/** All settings of a project in one form, so that one click saves what was changed. */
export function renderSettingsForm(
  project: SettingsProject,
  form: FilledForm,
  options: SettingsOptions,
): Html {
  return html`${renderRefusal(form, 'Nothing was saved.')}
    <form method="post" action="/projects/${project.slug}/settings" class="sections">
      <section class="card form">
        <h2>Project</h2>
        ${renderField(
          {
            name: 'name',
            label: 'Name',
            hint: html`Its address stays what it is: <code>${project.slug}</code>.`,
            more: html`required`,
          },
          form,
        )}
      </section>
      <section class="card form">
        <h2>Repository</h2>
        ${options.isRepositoryFixed ? renderFixedRepository(project) : renderRepositoryFields(project, form)}
      </section>
      <section class="card form">
        <h2>Production</h2>
        ${renderField(
          {
            name: 'productionBranch',
            label: 'Production branch',
            hint: 'Its deployments move the production site.',
            more: html`required`,
          },
          form,
        )}
        ${renderCheck(
          {
            name: 'holdProduction',
            label: 'Hold production',
            hint: 'Builds do not move the production site any more: only promoting a deployment does.',
          },
          form,
        )}
      </section>
      <section class="card form">
        <h2>Builds</h2>
        <p class="faint">
          A file <code>offshoot.json</code> in the repository goes before what is set here, and what is set
          here before what is detected.
        </p>
        ${renderBuildFields(form)}
        ${renderCheck(
          {
            name: 'cancelRunning',
            label: 'Cancel what a push overtakes',
            hint: 'A push cancels what is still being built of its branch. Otherwise that is built to its end.',
          },
          form,
        )}
      </section>
      <section class="card form">
        <h2>How long deployments are kept</h2>
        <p class="faint">What is live or pinned is always kept.</p>
        ${renderRetentionFields(form, options)}
      </section>
      <div class="actions"><button class="primary">Save</button></div>
    </form>`;
}

function renderFixedRepository({ gitUrl }: SettingsProject): Html {
  return html`<p><code>${gitUrl ?? ''}</code></p>
    <p class="faint">Only the administrator of this Offshoot may give the project another one.</p>`;
}

function renderRepositoryFields(
  { gitUrl, gitCredentials, repositoryId }: SettingsProject,
  form: FilledForm,
): Html {
  const isKept = gitCredentials !== null;
  const hint = isKept
    ? 'A user and password are kept for it, encrypted, and never shown. Another URL needs its own: these are forgotten with the old one.'
    : 'Without user or password. For a private repository put a user and token into it: they are kept encrypted and never shown.';
  const byApp = 'The GitHub App deploys what is pushed to it. It needs no user or password.';
  const none = 'Folders are uploaded to this project. With a Git URL it can be built from a repository too.';
  return html`${renderField(
    {
      name: 'gitUrl',
      label: 'Git URL',
      hint: gitUrl === null ? none : repositoryId !== null && !isKept ? byApp : hint,
      more: html`inputmode="url" ${gitUrl === null ? '' : html`required`}`,
    },
    form,
  )}
  ${isKept ? renderCheck({ name: 'forgetCredentials', label: 'Forget the user and password' }, form) : ''}`;
}

function renderRetentionFields(form: FilledForm, { keepPerBranch, previewDays }: Defaults): Html {
  return html`${renderField(
    {
      name: 'keepPerBranch',
      label: 'Deployments of each branch',
      hint: `The newest, and as many of the newest ready ones. Empty: the default of this server, ${keepPerBranch}.`,
      more: html`inputmode="numeric" placeholder="${keepPerBranch}"`,
    },
    form,
  )}
  ${renderField(
    {
      name: 'previewDays',
      label: 'Days after a branch is gone',
      hint: `Its previews stay that long. Empty: the default of this server, ${previewDays}.`,
      more: html`inputmode="numeric" placeholder="${previewDays}"`,
    },
    form,
  )}`;
}
