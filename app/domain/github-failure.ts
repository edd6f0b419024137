/** Why a call to GitHub has not done what it was for. `message` is for people and tells no secret. */
export type GithubFailure =
  /** There is no such thing, or the App may not know of it: GitHub tells no difference. */
  | { readonly kind: 'not_found'; readonly message: string }
  /** The App lacks a permission, or the repository can't be written to. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** The key or token itself was refused: the App was deleted, its key was exchanged, or a clock is wrong. */
  | { readonly kind: 'unauthorized'; readonly message: string }
  /** Somebody has suspended the App's installation. */
  | { readonly kind: 'suspended'; readonly message: string }
  /** `retryAt` (epoch milliseconds): an earlier try makes it worse. */
  | { readonly kind: 'rate_limited'; readonly retryAt: number; readonly message: string }
  /** GitHub has understood and will never do it: trying again is of no use. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** GitHub, or the way there, is broken for now. Whether it has done what was asked is not known. */
  | { readonly kind: 'unavailable'; readonly retryAt: number | null; readonly message: string };

export type GithubResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: GithubFailure };

/** Whether the same call may succeed later. Suspended installations come back by themselves: a webhook tells. */
export function isPassing(
  failure: GithubFailure,
): failure is Extract<GithubFailure, { readonly retryAt: number | null }> {
  return failure.kind === 'rate_limited' || failure.kind === 'unavailable';
}
