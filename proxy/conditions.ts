export interface ConditionHeaders {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

export type ConditionDecision = 'send' | 'not-modified' | 'precondition-failed';

/** RFC 9110, 13.2.2, for a GET or HEAD of something that exists. `etag` is strong, with its quotes. */
export function decideConditions(
  { ifMatch, ifNoneMatch }: ConditionHeaders,
  etag: string,
): ConditionDecision {
  if (ifMatch !== undefined && !listHas(ifMatch, etag)) return 'precondition-failed';
  if (ifNoneMatch !== undefined && listHas(ifNoneMatch.replaceAll('W/"', '"'), etag)) return 'not-modified';
  return 'send';
}

/** A range is answered only for the version that the client has a part of. Dates are never strong enough. */
export function isRangeCurrent(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag;
}

function listHas(header: string, etag: string): boolean {
  if (header.trim() === '*') return true;
  return header.match(/(?:W\/)?"[^"]*"/g)?.includes(etag) ?? false;
}
