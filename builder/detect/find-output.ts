import { posix } from 'node:path';
import { CheckoutFiles, UnreadableFile } from './checkout-files.ts';
import type { BuildPlan } from './detect-build.ts';

export type FoundOutput =
  /** Relative to the repository. */
  { readonly ok: true; readonly folder: string } | { readonly ok: false; readonly message: string };

/** Some frameworks (Angular) put their output this deep inside the folder that they name. */
const MAX_NESTING = 2;

/** Finds the folder to publish after a build, or says where it was looked for (`output_missing`). */
export async function findOutput(folder: string, plan: BuildPlan): Promise<FoundOutput> {
  const files = await CheckoutFiles.open(folder);
  try {
    for (const output of plan.outputDirectories) {
      const path = posix.join(plan.rootDirectory, output);
      if (await files.isFolder(path)) return { ok: true, folder: await descend(files, path, plan) };
    }
  } catch (error) {
    if (error instanceof UnreadableFile) return { ok: false, message: error.message };
    throw error;
  }
  return { ok: false, message: missing(plan) };
}

/** Angular writes dist/<project>/browser: goes down while there is one folder and no page. */
async function descend(files: CheckoutFiles, path: string, plan: BuildPlan): Promise<string> {
  let folder = path;
  for (let depth = 0; plan.framework === 'angular' && depth < MAX_NESTING; depth += 1) {
    const names = await files.list(folder);
    const next = names.includes('browser') ? 'browser' : names.length === 1 ? names[0] : undefined;
    if (names.includes('index.html') || next === undefined) return folder;
    const inner = posix.join(folder, next);
    if (!(await files.isFolder(inner))) return folder;
    folder = inner;
  }
  return folder;
}

function missing({ outputDirectories, rootDirectory }: BuildPlan): string {
  const looked = outputDirectories.map((output) => `"${posix.join(rootDirectory, output)}"`).join(', ');
  return `The build wrote no output: there is no folder ${looked}. Name the right one as "output" in offshoot.json.`;
}
