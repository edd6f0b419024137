import { createHash, timingSafeEqual } from 'node:crypto';
import type { Requester } from '../domain/words.ts';

/** Who is asking. The administrator holds OFFSHOOT_TOKEN, or a session that it has opened, and may do everything. */
export type Caller =
  | { readonly kind: 'administrator' }
  /** Somebody who signed in with GitHub: what they may do there is what they may do here. */
  | {
      readonly kind: 'github-user';
      /** GitHub's number of the person. */
      readonly id: number;
      readonly login: string;
      readonly sessionHash: string;
    };

/** Whether somebody may do what concerns the whole installation, such as connecting it to GitHub. */
export function isAdministrator(caller: Caller): boolean {
  return caller.kind === 'administrator';
}

/** How deployments remember who asked for them. */
export function requesterOf(caller: Caller): Requester {
  return caller.kind === 'administrator' ? { kind: caller.kind } : { kind: caller.kind, login: caller.login };
}

/** One way to prove who is asking; undefined when these headers hold no such proof. */
export type Authenticator = (headers: Headers) => Promise<Caller | undefined>;

/** Reads the credentials of `Authorization: Bearer …` (RFC 6750); undefined for any other scheme. */
export function bearerTokenOf(headers: Headers): string | undefined {
  return /^bearer +([\x21-\x7e]+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
}

/** Knows the administrator by OFFSHOOT_TOKEN. */
export function administratorByToken(token: string): Authenticator {
  return async (headers) => {
    const given = bearerTokenOf(headers);
    return given !== undefined && isSameSecret(given, token) ? { kind: 'administrator' } : undefined;
  };
}

/** Compares secrets in a time that tells nothing about them: hashing makes their lengths equal. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
