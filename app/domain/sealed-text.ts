import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 'v1';
const TAG_BYTES = 16;
const KEY_ID_LENGTH = 8;
/** AES-256. */
const SEALING_KEY_BYTES = 32;
/** The size that GCM is made for; each iv is used once. */
const SEALING_IV_BYTES = 12;

/** A text that can't be opened: another key sealed it, for another purpose, or it was changed. */
export class SealedTextError extends Error {
  override readonly name = 'SealedTextError';
}

/** Seals and opens with the keys of this installation. */
export interface SecretBox {
  /** How every text begins that the present key has sealed. */
  readonly prefix: string;
  seal(text: string, context: string): string;
  open(sealed: string, context: string): string;
}

/** `keys`: the present one first, then older ones that may still be met. `randomBytes` gives fresh ivs. */
export function createSecretBox(
  keys: readonly [Uint8Array, ...Uint8Array[]],
  randomBytes: (sizeBytes: number) => Uint8Array,
): SecretBox {
  return {
    prefix: `${FORMAT}.${sealingKeyId(keys[0])}.`,
    seal: (text, context) => sealText(text, context, keys[0], randomBytes(SEALING_IV_BYTES)),
    open: (sealed, context) => openText(sealed, context, keys),
  };
}

/**
 * Encrypts a short secret for the database as `v1.<key id>.<iv>.<tag and text>`. `context` says what it belongs
 * to (a table and an id) and is authenticated, so a sealed text moved to another row does not open there.
 * `iv` must be 12 random bytes, never used before.
 */
export function sealText(text: string, context: string, key: Uint8Array, iv: Uint8Array): string {
  checkLength('key', key, SEALING_KEY_BYTES);
  checkLength('iv', iv, SEALING_IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const body = Buffer.concat([cipher.getAuthTag(), sealed]);
  return [FORMAT, sealingKeyId(key), Buffer.from(iv).toString('base64url'), body.toString('base64url')].join(
    '.',
  );
}

/**
 * Opens what sealText sealed. `keys` are the present one and, after a rotation, older ones: the key id in the
 * text chooses. Throws SealedTextError, whose message holds nothing of the secret.
 */
export function openText(sealed: string, context: string, keys: readonly Uint8Array[]): string {
  const [format, keyId, iv, body] = sealed.split('.');
  if (format !== FORMAT || keyId === undefined || iv === undefined || body === undefined) {
    throw new SealedTextError('This is no sealed text of a format that this version knows.');
  }
  const key = keys.find((candidate) => sealingKeyId(candidate) === keyId);
  if (key === undefined) {
    throw new SealedTextError(
      `It was sealed with another key (${keyId}). Add the key that was used then to OFFSHOOT_OLD_SECRET_KEYS.`,
    );
  }
  return decrypt(Buffer.from(body, 'base64url'), context, key, Buffer.from(iv, 'base64url'));
}

/** How many bytes (UTF-8) a text has that sealText sealed: GCM adds nothing but its tag. */
export function sealedTextBytes(sealed: string): number {
  const body = sealed.slice(sealed.lastIndexOf('.') + 1);
  return Math.max(0, Buffer.byteLength(body, 'base64url') - TAG_BYTES);
}

/** Which key sealed a text, without telling anything of the key: 8 hexadecimal digits. */
export function sealingKeyId(key: Uint8Array): string {
  return createHash('sha256')
    .update('offshoot sealing key\0')
    .update(key)
    .digest('hex')
    .slice(0, KEY_ID_LENGTH);
}

function decrypt(body: Buffer, context: string, key: Uint8Array, iv: Buffer): string {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(body.subarray(0, TAG_BYTES));
    return decipher.update(body.subarray(TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new SealedTextError('It was changed, or it belongs to something else.', { cause });
  }
}

function checkLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new RangeError(`The ${what} must have ${length} bytes; it has ${bytes.length}.`);
}
