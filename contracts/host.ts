import { createHash } from 'node:crypto';
import { isId } from './ids.ts';

/** A DNS label's limit (RFC 1035), which every host form fits in. */
export const MAX_LABEL_LENGTH = 63;
export const MAX_PROJECT_SLUG_LENGTH = 30;
const SEPARATOR = '--';
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const HASHED = /-[0-9a-f]{8}$/;
/** Before the separator it would make the label look like an internationalised name, which browsers decode. */
const PUNYCODE = 'xn';
const PULL_REQUEST = /^pr-([1-9][0-9]{0,9})$/;

export type HostLabel =
  | { readonly kind: 'production'; readonly project: string }
  | { readonly kind: 'branch'; readonly project: string; readonly slug: string }
  | { readonly kind: 'pull-request'; readonly project: string; readonly number: number }
  | { readonly kind: 'deployment'; readonly project: string; readonly deploymentId: string };

/** 1–30 characters of a-z, 0-9 and single hyphens inside, no `xn--`. */
export function isProjectSlug(slug: string): boolean {
  return LABEL.test(slug) && slug.length <= MAX_PROJECT_SLUG_LENGTH && !slug.includes(SEPARATOR);
}

/** Makes a project slug of any name; undefined when nothing usable is left of it. */
export function projectSlugOf(name: string): string | undefined {
  const slug = trimHyphens(toSlug(name).slice(0, MAX_PROJECT_SLUG_LENGTH));
  return slug === '' ? undefined : slug;
}

/**
 * The branch's part of its host. A name that is no slug already, is too long, or looks like a reserved form
 * (`pr-<n>`, a deployment id, another branch's hash) gets a hash of project and name appended, so that two
 * branches never share a host.
 */
export function branchSlugOf(branch: string, project: { id: string; slug: string }): string {
  const maxLength = MAX_LABEL_LENGTH - SEPARATOR.length - project.slug.length;
  const slug = trimHyphens(toSlug(branch));
  const isPlain = slug === branch && slug.length <= maxLength && !isReserved(slug);
  if (isPlain) return slug;
  const hash = createHash('sha256').update(`${project.id}\0${branch}`).digest('hex').slice(0, 8);
  const stem = trimHyphens(slug.slice(0, maxLength - hash.length - 1));
  return stem === '' ? `branch-${hash}` : `${stem}-${hash}`;
}

export function formatLabel(host: HostLabel): string {
  switch (host.kind) {
    case 'production':
      return host.project;
    case 'branch':
      return host.slug + SEPARATOR + host.project;
    case 'pull-request':
      return `pr-${host.number}${SEPARATOR}${host.project}`;
    case 'deployment':
      return host.deploymentId + SEPARATOR + host.project;
  }
}

/** The inverse of formatLabel; undefined for what can't be a host of ours. */
export function parseLabel(label: string): HostLabel | undefined {
  if (!LABEL.test(label)) return undefined;
  const at = label.lastIndexOf(SEPARATOR);
  if (at === -1) return isProjectSlug(label) ? { kind: 'production', project: label } : undefined;
  const [prefix, project] = [label.slice(0, at), label.slice(at + SEPARATOR.length)];
  if (!isProjectSlug(project)) return undefined;
  const number = PULL_REQUEST.exec(prefix)?.[1];
  if (number !== undefined) return { kind: 'pull-request', project, number: Number(number) };
  if (isId(prefix)) return { kind: 'deployment', project, deploymentId: prefix };
  if (!LABEL.test(prefix) || prefix.includes(SEPARATOR) || prefix === PUNYCODE) return undefined;
  return { kind: 'branch', project, slug: prefix };
}

/**
 * The label before `.domain` of a Host header (any case, optional port, one trailing dot); undefined when the
 * header names another domain, the bare domain, or is malformed.
 */
export function labelOfHost(host: string, domain: string): string | undefined {
  const match = /^([a-z0-9.-]{1,253}?)\.?(?::[0-9]{1,5})?$/.exec(host.toLowerCase());
  const name = match?.[1];
  if (name === undefined || !name.endsWith(`.${domain}`)) return undefined;
  const label = name.slice(0, -domain.length - 1);
  return LABEL.test(label) ? label : undefined;
}

function isReserved(slug: string): boolean {
  return slug === '' || slug === PUNYCODE || PULL_REQUEST.test(slug) || isId(slug) || HASHED.test(slug);
}

function toSlug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '');
}

function trimHyphens(slug: string): string {
  return slug.replace(/^-+/, '').replace(/-+$/, '');
}
