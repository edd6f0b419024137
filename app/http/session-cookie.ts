import { parse, serialize } from 'hono/utils/cookie';
import type { Executor } from '../db/database.ts';
import { findSessionEnd } from '../db/sessions.ts';
import { hashToken } from '../domain/attempt-token.ts';
import type { Authenticator } from './caller.ts';

const NAME = 'offshoot_session';

/**
 * The cookie's name. Previews are sites of strangers below a domain that may be the app's: the prefix keeps them
 * from planting a cookie of ours, and browsers accept it over TLS only.
 */
function cookieName(appUrl: URL): string {
  return appUrl.protocol === 'https:' ? `__Host-${NAME}` : NAME;
}

/** The token in a request's session cookie; undefined when it has none. */
export function sessionTokenOf(headers: Headers, appUrl: URL): string | undefined {
  const cookies = headers.get('cookie');
  const name = cookieName(appUrl);
  return cookies === null ? undefined : parse(cookies, name)[name];
}

/** The Set-Cookie that signs a browser in; one that has expired signs it out. */
export function sessionCookie(token: string, expiresAt: Date, appUrl: URL): string {
  return serialize(cookieName(appUrl), token, {
    path: '/',
    httpOnly: true,
    // Strict would show people who follow a link from GitHub the login page though they are signed in.
    sameSite: 'Lax',
    secure: appUrl.protocol === 'https:',
    expires: expiresAt,
  });
}

export function endedSessionCookie(appUrl: URL): string {
  return sessionCookie('', new Date(0), appUrl);
}

export interface SessionAuthenticatorOptions {
  readonly db: Executor;
  readonly appUrl: URL;
  readonly now: () => number;
}

/** Knows people who have signed in by the cookie of their browser. */
export function administratorBySession({ db, appUrl, now }: SessionAuthenticatorOptions): Authenticator {
  return async (headers) => {
    const token = sessionTokenOf(headers, appUrl);
    if (token === undefined || token === '') return undefined;
    const end = await findSessionEnd(db, hashToken(token), new Date(now()));
    return end === undefined ? undefined : { kind: 'administrator' };
  };
}
