import path from 'node:path';
import { projectSlugOf } from '../../contracts/host.ts';
import type { Project } from '../server/answers.ts';
import type { DeployOptions } from './deploy-options.ts';

export type ProjectPlan =
  | { readonly ok: true; readonly changes: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly message: string };

/** What must change of a project that exists, so that it is as somebody asks for. Nothing when it is already. */
export function planProjectChanges(
  project: Project,
  gitUrl: string | undefined,
  { name, productionBranch, settings }: DeployOptions,
): ProjectPlan {
  const asked = gitUrl === undefined ? undefined : splitCredentials(gitUrl);
  if (asked !== undefined && !isSameRepository(asked.url, project.gitUrl)) {
    const has = project.gitUrl === null ? 'folders are uploaded to it' : `it has ${project.gitUrl}`;
    return {
      ok: false,
      message: `${project.slug} is another project: ${has}. Choose another name with --project.`,
    };
  }
  const merged = { ...project.settings, ...settings };
  const changes = {
    ...(name !== undefined && name !== project.name && { name }),
    ...(productionBranch !== undefined &&
      productionBranch !== project.productionBranch && { productionBranch }),
    ...(!isSame(merged, project.settings) && { settings: merged }),
    // A password is never shown, so it can't be compared: a new one replaces the old one.
    ...(asked?.hasCredentials === true && { gitUrl }),
  };
  return { ok: true, changes };
}

/** A URL without user and password, and whether it had any. */
export function splitCredentials(gitUrl: string): { readonly url: string; readonly hasCredentials: boolean } {
  if (!URL.canParse(gitUrl)) return { url: gitUrl, hasCredentials: false };
  const url = new URL(gitUrl);
  if (url.username === '' && url.password === '') return { url: gitUrl, hasCredentials: false };
  [url.username, url.password] = ['', ''];
  return { url: url.href, hasCredentials: true };
}

/** As the server compares them: the case of the host and a slash at the end make no difference. */
function isSameRepository(asked: string, has: string | null): boolean {
  if (has === null || !URL.canParse(asked) || !URL.canParse(has)) return asked === has;
  const plain = (text: string) => new URL(text).href.replace(/\/+$/, '');
  return plain(asked) === plain(has);
}

function isSame(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}

/** What build tools call their output: nobody would know a project by it. */
const OUTPUT_NAMES = ['dist', 'build', 'out', 'output', '.output', 'public', '_site', 'www', 'html', 'docs'];

/** A name for the project of a folder: its own, or its parent's where its own says nothing. */
export function nameOfFolder(folder: string): string {
  const own = path.basename(folder);
  const parent = path.basename(path.dirname(folder));
  return OUTPUT_NAMES.includes(own.toLowerCase()) && parent !== '' ? parent : own;
}

/** The slug that a name makes, as the server makes it: letters keep their base (`Café` → `cafe`). */
export function slugOfName(name: string): string | undefined {
  return projectSlugOf(name.normalize('NFKD').replaceAll(/\p{Mark}/gu, ''));
}
