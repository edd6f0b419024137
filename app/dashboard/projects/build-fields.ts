import { html } from 'hono/html';
import type { Html } from '../html.ts';
import { skipName } from './project-form.ts';
import { type FilledForm, renderCheck, renderField } from '../parts/field.ts';

/** The settings of a build, for a new project and for one that is there. */
export function renderBuildFields(form: FilledForm): Html {
  return html`${renderField(
    {
      name: 'rootDirectory',
      label: 'Root directory',
      hint: 'Where the site is in the repository. Empty: at its top.',
      more: html`placeholder="packages/site"`,
    },
    form,
  )}
  ${renderCommand('installCommand', 'Install command', 'Empty: what the lockfile says.', 'npm ci', form)}
  ${renderCommand('buildCommand', 'Build command', 'Empty: what the framework needs.', 'npm run build', form)}
  ${renderField(
    {
      name: 'outputDirectory',
      label: 'Output directory',
      hint: 'What is published, relative to the root directory. Empty: where the framework puts it.',
      more: html`placeholder="dist"`,
    },
    form,
  )}
  ${renderField(
    {
      name: 'nodeMajor',
      label: 'Node version',
      hint: 'A major version, 18 to 30. Empty: what the repository asks for.',
      more: html`inputmode="numeric" placeholder="24"`,
    },
    form,
  )}`;
}

function renderCommand(
  name: 'installCommand' | 'buildCommand',
  label: string,
  hint: string,
  placeholder: string,
  form: FilledForm,
): Html {
  return html`${renderField({ name, label, hint, more: html`placeholder="${placeholder}"` }, form)}
  ${renderCheck({ name: skipName(name), label: 'Skip this phase' }, form)}`;
}
