/** Longer targets are answered 414. Node itself refuses requests whose head is larger than 16 KiB. */
export const MAX_TARGET_LENGTH = 8 * 1024;

export type ParsedTarget =
  | {
      readonly ok: true;
      /** Decoded, without the leading slash: '' is the root, a trailing slash stays. */
      readonly path: string;
      /** As it came, with its question mark; '' when there is none. */
      readonly query: string;
    }
  | { readonly ok: false; readonly status: 400 | 414; readonly message: string };

/**
 * Takes the raw request target apart and decodes each segment once. `%2F` stays as it is, so it is never taken
 * for a separator. Dots need no care: paths are looked up in a manifest, which has no `.` and `..`.
 */
export function parseTarget(target: string): ParsedTarget {
  if (target.length > MAX_TARGET_LENGTH) return refuse(414, 'The address is too long.');
  const origin = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const at = origin.indexOf('?');
  const raw = at === -1 ? origin : origin.slice(0, at);
  const path = raw === '' ? '' : decodePath(raw.slice(1));
  if ((raw !== '' && !raw.startsWith('/')) || path === undefined) {
    return refuse(400, 'The path is not valid: it has a broken escape, a NUL or a backslash.');
  }
  return { ok: true, path, query: at === -1 ? '' : origin.slice(at) };
}

function decodePath(raw: string): string | undefined {
  if (!/[%\\#\0]/.test(raw)) return raw;
  if (raw.includes('#')) return undefined; // a fragment is never sent
  try {
    const path = raw
      .split(/(%2f)/i)
      .map((part, index) => (index % 2 === 1 ? part : decodeURIComponent(part)))
      .join('');
    return /[\0\\]/.test(path) ? undefined : path;
  } catch {
    return undefined;
  }
}

function refuse(status: 400 | 414, message: string): ParsedTarget {
  return { ok: false, status, message };
}
