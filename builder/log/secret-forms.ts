/** Shorter values are words of everyday use; masking them would make a log unreadable and hide nothing. */
const MIN_SECRET_BYTES = 4;
/** Of a secret of several lines: shorter ones (`}`, `true,`, the end of a key) would mask what is none of it. */
const MIN_LINE_BYTES = 8;
/** Keys are often kept with `\\n` in place of line breaks, and printed with real ones. */
const LINE_BREAK = /\n|\\n/;
/** Bound of the matcher's table, which takes about 400 bytes of memory for each byte of pattern. */
export const MAX_PATTERN_BYTES = 128 * 1024;

/**
 * The byte strings to look for: every secret as it is, each line of a secret of several lines, and the forms in
 * which programs print it: base64 (at all three alignments), base64url, URL-encoded, JSON-escaped, CRLF.
 * Plain forms come first; encoded forms are left out where they would exceed MAX_PATTERN_BYTES.
 * Throws a RangeError when the secrets themselves exceed it.
 */
export function secretForms(secrets: readonly string[]): Buffer[] {
  const plain = unique(secrets.flatMap(plainForms));
  if (totalBytes(plain) > MAX_PATTERN_BYTES)
    throw new RangeError(`the secrets of a build may have at most ${MAX_PATTERN_BYTES} bytes in sum`);
  return takeWithin(unique([...plain, ...secrets.flatMap(encodedForms)]), MAX_PATTERN_BYTES);
}

function plainForms(secret: string): string[] {
  const shown = secret.trim();
  const unix = shown.replaceAll('\r\n', '\n');
  const lines = unix.split(LINE_BREAK).map((line) => line.trim());
  return [
    ...longEnough([shown, unix, unix.replaceAll('\n', '\r\n')]),
    ...lines.filter((line) => Buffer.byteLength(line) >= MIN_LINE_BYTES),
  ];
}

function encodedForms(secret: string): string[] {
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) return [];
  const percent = encodeURIComponent(secret.toWellFormed());
  const json = JSON.stringify(secret).slice(1, -1);
  return longEnough([
    percent,
    percent.replaceAll('%20', '+'),
    percent.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    json,
    ...base64Forms(secret),
  ]);
}

/**
 * A secret inside a longer text that is base64-encoded ("user:secret") has one of three spellings, by its offset
 * modulo 3. Only the characters that depend on nothing but the secret are matched.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const form = encoded.slice(start, end);
    // A very short form would match by chance.
    return form.length < MIN_SECRET_BYTES ? [] : [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function longEnough(forms: readonly string[]): string[] {
  return forms.filter((form) => Buffer.byteLength(form) >= MIN_SECRET_BYTES);
}

function unique(forms: readonly string[]): string[] {
  return [...new Set(forms)];
}

function totalBytes(forms: readonly string[]): number {
  return forms.reduce((sum, form) => sum + Buffer.byteLength(form), 0);
}

function takeWithin(forms: readonly string[], maxBytes: number): Buffer[] {
  let left = maxBytes;
  return forms.flatMap((form) => {
    const bytes = Buffer.from(form);
    if (bytes.length > left) return [];
    left -= bytes.length;
    return [bytes];
  });
}
