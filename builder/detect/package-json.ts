import { z } from 'zod';

/** The parts of package.json that decide a build. What has another shape than expected counts as absent. */
const schema = z.object({
  packageManager: z.string().max(300).optional().catch(undefined),
  /** Folders, in one of several shapes: what counts is that there are some. */
  workspaces: z.unknown().optional(),
  scripts: z.record(z.string(), z.unknown()).optional().catch(undefined),
  engines: z
    .object({ node: z.string().max(200).optional().catch(undefined) })
    .optional()
    .catch(undefined),
});
export type PackageJson = z.infer<typeof schema>;

export type ParsedPackageJson =
  | { readonly ok: true; readonly value: PackageJson }
  | { readonly ok: false; readonly message: string };

/** Reads the text of package.json; npm could not work with one that is no JSON object, so that is an error. */
export function parsePackageJson(text: string, path: string): ParsedPackageJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `${path} is not valid JSON: ${reason}.` };
  }
  const parsed = schema.safeParse(json);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, message: `${path} must hold one JSON object.` };
}
