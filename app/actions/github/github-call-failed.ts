interface CallFailure {
  readonly retryAt?: number | null;
  readonly isFinal?: boolean;
}

/** GitHub has not answered, or not as it should. Whoever asked asks again later. */
export class GithubCallFailed extends Error {
  override readonly name = 'GithubCallFailed';
  /** Not before then (epoch milliseconds): an earlier try makes it worse. Null where GitHub named no time. */
  readonly retryAt: number | null;
  /** It has answered, and will not answer otherwise. */
  readonly isFinal: boolean;

  constructor(message: string, { retryAt = null, isFinal = false }: CallFailure = {}) {
    super(message);
    this.retryAt = retryAt;
    this.isFinal = isFinal;
  }
}
