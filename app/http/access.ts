import type { Context } from 'hono';
import type { VisibleRepositories } from '../db/visible-projects.ts';
import { includesRight, type Right } from '../domain/rights.ts';
import type { AppEnv } from './guards.ts';

/** What somebody who signed in with GitHub may do, as far as a request needs it. */
export interface Access {
  /** Numbers of the repositories whose projects they may see. */
  readonly visible: readonly number[];
  /** With the one project that the request is about. */
  readonly right: Right | undefined;
  /** When it has to be asked for again, epoch milliseconds: nothing may be told for longer. */
  readonly until: number;
}

type Asked = Pick<Context<AppEnv>, 'get'>;

/** What a list may hold. */
export function visibleTo(context: Asked): VisibleRepositories {
  if (context.get('caller').kind === 'administrator') return undefined;
  return context.get('access')?.visible ?? [];
}

/** Whether a project of this repository may be told of. */
export function maySee(context: Asked, { repositoryId }: { readonly repositoryId: number | null }): boolean {
  const visible = visibleTo(context);
  return visible === undefined || (repositoryId !== null && visible.includes(repositoryId));
}

/** Whether the caller may do this with the project that the request is about. */
export function mayDo(context: Asked, needed: Right): boolean {
  return (
    context.get('caller').kind === 'administrator' || includesRight(context.get('access')?.right, needed)
  );
}

/** For how long what this request began may go on telling; undefined for as long as it likes. */
export function accessLeftMs(context: Asked, now: number): number | undefined {
  if (context.get('caller').kind === 'administrator') return undefined;
  return Math.max(0, (context.get('access')?.until ?? 0) - now);
}

/** Tells callers apart who may be shown different things at the same address. */
export function viewerOf(context: Asked): string {
  const caller = context.get('caller');
  return caller.kind === 'administrator' ? caller.kind : caller.sessionHash;
}
