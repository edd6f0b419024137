import { runGit } from './run-git.ts';

/** The first Git that can pin a host to an address (http.curloptResolve). */
const OLDEST_GIT = [2, 37] as const;
const CHECK_TIMEOUT_MS = 10_000;

export type GitCheck =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly message: string };

/** Is there a Git that is new enough? Asked once at start; the message tells people what to install. */
export async function checkGit(environment: Readonly<Record<string, string>>): Promise<GitCheck> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const result = await runGit({
    args: ['version'],
    environment,
    allowLocal: false,
    signal,
    maxOutputBytes: 4096,
  });
  if (!result.ok) {
    return { ok: false, message: `Git was not found in PATH: install Git ${OLDEST_GIT.join('.')} or newer.` };
  }
  return judgeVersion(result.stdout);
}

/** `output` is what `git version` prints. */
export function judgeVersion(output: string): GitCheck {
  const [, version = '', major, minor] = /(([0-9]+)\.([0-9]+)[^\s]*)/.exec(output) ?? [];
  const isNewEnough =
    Number(major) > OLDEST_GIT[0] || (Number(major) === OLDEST_GIT[0] && Number(minor) >= OLDEST_GIT[1]);
  if (isNewEnough) return { ok: true, version };
  return {
    ok: false,
    message: `Git ${version || 'of unknown version'} is too old: install ${OLDEST_GIT.join('.')} or newer, which can bind a host to the address that was checked.`,
  };
}
