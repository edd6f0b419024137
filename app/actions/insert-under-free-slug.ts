import type { Executor } from '../db/database.ts';
import { insertProject, type NewProject, type ProjectRow } from '../db/projects.ts';
import { MAX_SLUG_SUFFIX, slugCandidates, slugOfName } from '../domain/project-name.ts';

export type InsertedProject =
  | { readonly outcome: 'created'; readonly project: ProjectRow }
  | { readonly outcome: 'slug_taken'; readonly message: string };

/** Inserts a project under the slug that was asked for, or else under the first free one that its name makes. */
export async function insertUnderFreeSlug(
  db: Executor,
  project: Omit<NewProject, 'slug'>,
  asked: string | undefined,
): Promise<InsertedProject> {
  const candidates = asked === undefined ? slugCandidates(slugOfName(project.name)) : [asked];
  for (const slug of candidates) {
    const row = await insertProject(db, { ...project, slug });
    if (row !== undefined) return { outcome: 'created', project: row };
  }
  return { outcome: 'slug_taken', message: sayTaken(candidates, asked !== undefined) };
}

function sayTaken([slug = '']: readonly string[], isExplicit: boolean): string {
  if (isExplicit) {
    return `Another project has the slug "${slug}", or had it and is still being deleted: choose another one, or leave it out.`;
  }
  return `"${slug}" and its numbered forms up to "${slug}-${MAX_SLUG_SUFFIX}" are all taken: give a slug of your own.`;
}
