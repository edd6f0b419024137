const MAX_KEY_LENGTH = 512;
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Keys are `/`-separated segments that start with a letter or digit: no `..`, no absolute path, no dotfile. */
export function isKey(key: string): boolean {
  return key.length <= MAX_KEY_LENGTH && key.split('/').every((segment) => SEGMENT.test(segment));
}

/** A key outside the rules is a bug of the caller, or an attack that its own parser let through: never I/O. */
export function checkKey(key: string): string {
  if (!isKey(key)) throw new TypeError(`${JSON.stringify(key.slice(0, 100))} is no storage key`);
  return key;
}
