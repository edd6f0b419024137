/** GitHub has not answered, or not as it should. Whoever asked asks again later. */
export class GithubCallFailed extends Error {
  override readonly name = 'GithubCallFailed';
  /** Not before then (epoch milliseconds): an earlier try makes it worse. Null where GitHub named no time. */
  readonly retryAt: number | null;

  constructor(message: string, retryAt: number | null = null) {
    super(message);
    this.retryAt = retryAt;
  }
}
