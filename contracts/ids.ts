import { z } from 'zod';

/** 20 of [a-z0-9]: about 103 bits, unguessable, and short enough for every host form of host.ts. */
export const ID_LENGTH = 20;
const ID = /^[a-z0-9]{20}$/;
export const idSchema = z.string().regex(ID, 'an id is 20 characters of a-z and 0-9');

/** A full SHA-1 commit name, lower case. Short names are resolved before they get here. */
export const commitSchema = z
  .string()
  .regex(/^[0-9a-f]{40}$/, 'a commit is 40 lower-case hexadecimal digits');

/** SHA-256 in lower-case hexadecimal. */
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 lower-case hexadecimal digits');

export function isId(text: string): boolean {
  return ID.test(text);
}
