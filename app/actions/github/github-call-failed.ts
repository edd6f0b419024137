/** GitHub has not answered, or not as it should. Whoever asked asks again later. */
export class GithubCallFailed extends Error {
  override readonly name = 'GithubCallFailed';
}
