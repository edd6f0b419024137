import { createHash, createHmac } from 'node:crypto';

/**
 * The token that proves an attempt's builder. Derived, so that asking a launcher a second time (the answer to
 * the first was lost) hands over the same one, though the database keeps only its hash.
 */
export function attemptToken(attemptId: string, secretKey: Uint8Array): string {
  return createHmac('sha256', secretKey).update(`attempt\0${attemptId}`).digest('base64url');
}

/** What the database keeps of a token or a nonce: SHA-256, hexadecimal. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
