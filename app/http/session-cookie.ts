import { parse, serialize } from 'hono/utils/cookie';
import type { Executor } from '../db/database.ts';
import { findGithubSession } from '../db/github-sessions.ts';
import { findSessionEnd } from '../db/sessions.ts';
import { hashToken } from '../domain/attempt-token.ts';
import type { Authenticator } from './caller.ts';

const SESSION = 'offshoot_session';
/** Of somebody who is at GitHub's page to sign in. */
const SIGN_IN = 'offshoot_sign_in';

/**
 * A cookie's name. Previews are sites of strangers below a domain that may be the app's: the prefix keeps them
 * from planting a cookie of ours, and browsers accept it over TLS only.
 */
function cookieName(name: string, appUrl: URL): string {
  return appUrl.protocol === 'https:' ? `__Host-${name}` : name;
}

/** The token in a request's session cookie; undefined when it has none. */
export function sessionTokenOf(headers: Headers, appUrl: URL): string | undefined {
  return readCookie(SESSION, headers, appUrl);
}

/** The secret of a browser that was sent to GitHub to sign in; undefined when it has none. */
export function signInSecretOf(headers: Headers, appUrl: URL): string | undefined {
  return readCookie(SIGN_IN, headers, appUrl);
}

function readCookie(wanted: string, headers: Headers, appUrl: URL): string | undefined {
  const cookies = headers.get('cookie');
  const name = cookieName(wanted, appUrl);
  return cookies === null ? undefined : parse(cookies, name)[name];
}

/** The Set-Cookie that signs a browser in; one that has expired signs it out. */
export function sessionCookie(token: string, expiresAt: Date, appUrl: URL): string {
  return writeCookie(SESSION, token, expiresAt, appUrl);
}

/** The Set-Cookie that binds a way through GitHub's pages to this browser; one that has expired forgets it. */
export function signInCookie(secret: string, expiresAt: Date, appUrl: URL): string {
  return writeCookie(SIGN_IN, secret, expiresAt, appUrl);
}

function writeCookie(name: string, value: string, expiresAt: Date, appUrl: URL): string {
  return serialize(cookieName(name, appUrl), value, {
    path: '/',
    httpOnly: true,
    // Strict would show people who come from GitHub the login page though they are signed in.
    sameSite: 'Lax',
    secure: appUrl.protocol === 'https:',
    expires: expiresAt,
  });
}

export function endedSessionCookie(appUrl: URL): string {
  return sessionCookie('', new Date(0), appUrl);
}

export function endedSignInCookie(appUrl: URL): string {
  return signInCookie('', new Date(0), appUrl);
}

export interface SessionAuthenticatorOptions {
  readonly db: Executor;
  readonly appUrl: URL;
  readonly now: () => number;
}

/** Knows people who have signed in by the cookie of their browser. */
export function callerBySession({ db, appUrl, now }: SessionAuthenticatorOptions): Authenticator {
  return async (headers) => {
    const token = sessionTokenOf(headers, appUrl);
    if (token === undefined || token === '') return undefined;
    const sessionHash = hashToken(token);
    const at = new Date(now());
    if ((await findSessionEnd(db, sessionHash, at)) !== undefined) return { kind: 'administrator' };
    const session = await findGithubSession(db, sessionHash, at);
    if (session === undefined) return undefined;
    return { kind: 'github-user', id: session.userId, login: session.login, sessionHash };
  };
}
