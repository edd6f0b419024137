import { COMPRESSIBLE_CONTENT_TYPE_REGEX } from 'hono/utils/compress';
import mime from 'mime';

const UNKNOWN = 'application/octet-stream';
/** XML names its own encoding; a charset here would overrule it. */
const IS_TEXT = /^(?:text\/(?!xml$)|application\/(?:json|javascript|.*\+json)$)/;

/** The type of a file by the end of its name, with `charset=utf-8` where it is text. */
export function contentTypeOf(path: string): string {
  const type = mime.getType(path) ?? UNKNOWN;
  return IS_TEXT.test(type) ? `${type}; charset=utf-8` : type;
}

export function isCompressible(contentType: string): boolean {
  return COMPRESSIBLE_CONTENT_TYPE_REGEX.test(contentType);
}
