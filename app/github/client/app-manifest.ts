import { parse } from 'yaml';
import { z } from 'zod';

/** GitHub's bound. */
const MAX_NAME_LENGTH = 34;

const address = z.string().refine((text) => URL.canParse(text), 'a URL is expected');

/** What app.yml must hold. Strict: GitHub ignores a misspelt permission in silence. */
const manifestSchema = z.strictObject({
  name: z.string().min(1).max(MAX_NAME_LENGTH),
  url: address,
  description: z.string(),
  public: z.boolean(),
  hook_attributes: z.strictObject({ url: address, active: z.boolean() }),
  redirect_url: address,
  setup_url: address,
  callback_urls: z.array(address).min(1).max(10),
  default_permissions: z.record(z.string(), z.enum(['read', 'write'])),
  default_events: z.array(z.string()).min(1),
});

/** A GitHub App before it is made: GitHub's words for what it may do and hear of. */
export type AppManifest = z.infer<typeof manifestSchema>;

/** Reads app.yml. Throws with all that is wrong: the file belongs to the program. */
export function parseAppManifest(yaml: string): AppManifest {
  const parsed = manifestSchema.safeParse(parse(yaml));
  if (parsed.success) return parsed.data;
  throw new Error(`app.yml can't be used: ${z.prettifyError(parsed.error)}`);
}

/** The manifest of one Offshoot: its addresses in place of the example's, and a name that tells it from others. */
export function fillAppManifest(manifest: AppManifest, appUrl: URL, hookUrl: string): AppManifest {
  const here = (url: string) => new URL(new URL(url).pathname, appUrl).href;
  return {
    ...manifest,
    // Names are unique among all Apps of GitHub; the person can change it there.
    name: `${manifest.name} ${appUrl.hostname}`.slice(0, MAX_NAME_LENGTH).trim(),
    url: appUrl.origin,
    hook_attributes: { ...manifest.hook_attributes, url: hookUrl },
    redirect_url: here(manifest.redirect_url),
    setup_url: here(manifest.setup_url),
    callback_urls: manifest.callback_urls.map(here),
  };
}
