import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** What a request is answered with when it can't be served: GitHub's status and words. Thrown, and caught at one place. */
export class Refusal extends Error {
  readonly status: ContentfulStatusCode;
  readonly more: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ContentfulStatusCode,
    message: string,
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.more = more;
    this.headers = headers;
  }

  get body() {
    return {
      message: this.message,
      ...this.more,
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
  }
}

export const notFound = () => new Refusal(404, 'Not Found');
export const badCredentials = () => new Refusal(401, 'Bad credentials');
export const forbidden = () => new Refusal(403, 'Resource not accessible by integration');

export interface FieldError {
  readonly resource: string;
  readonly code: string;
  readonly field?: string;
  readonly message?: string;
}

export const unprocessable = (...errors: readonly FieldError[]) =>
  new Refusal(422, 'Validation Failed', { errors });
