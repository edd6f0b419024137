import type { Caller, Needed } from './auth.ts';
import { notFound } from './refusal.ts';
import type { Installation, Repository, Token, User } from './state.ts';
import type { World } from './world.ts';

/** One request that was let in, checked against GitHub's description. */
export interface Call {
  readonly world: World;
  readonly caller: Caller;
  /** From the path and the query; numbers where GitHub says so. */
  readonly params: Readonly<Record<string, string | number>>;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
  /** Without the page: what links to other pages start from. */
  readonly url: URL;
  readonly repository: Repository | undefined;
}

export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  /** A kind of caller, or what one of must be granted on the path's repository. */
  readonly needs: 'app' | 'installation' | 'user' | 'anyone' | readonly Needed[];
  readonly serve: (call: Call) => Answer;
}

/** By method and path as GitHub's description spells them: `GET /repos/{owner}/{repo}`. */
export type Routes = Readonly<Record<string, Route>>;

export function repositoryOf({ repository }: Call): Repository {
  if (repository === undefined) throw notFound();
  return repository;
}

export function installationFrom({ caller }: Call): { installation: Installation; token: Token } {
  if (caller.kind !== 'installation') throw notFound();
  return caller;
}

/** By whom something is written: the App's bot, or a person. */
export function authorOf({ caller, world }: Call): User {
  if (caller.kind === 'user') return caller.user;
  if (world.state.app === null) throw notFound();
  return world.state.app.bot;
}

export const viaApp = ({ caller, world }: Call) => (caller.kind === 'installation' ? world.state.app : null);

const DEFAULT_PAGE_SIZE = 30;
const LARGEST_PAGE_SIZE = 100;

export function pageOf({ query }: Call): { page: number; size: number } {
  const size = Math.min(LARGEST_PAGE_SIZE, Number(query['per_page'] ?? DEFAULT_PAGE_SIZE));
  return { page: Math.max(1, Number(query['page'] ?? 1)), size: Math.max(1, size) };
}

/** One page of a list, with links to the others. */
export function paginate<T>(call: Call, all: readonly T[]): { items: T[]; headers: Record<string, string> } {
  const { page, size } = pageOf(call);
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (to: number, rel: string) => {
    const url = new URL(call.url);
    url.searchParams.set('page', String(to));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ];
  const items = all.slice((page - 1) * size, page * size);
  return { items, headers: links.length === 0 ? {} : { Link: links.join(', ') } };
}
