/** One line, or all from `from` to `to`, of one attempt. */
export interface LineRange {
  /** Undefined: the log's first attempt. */
  readonly attempt: number | undefined;
  readonly from: number;
  readonly to: number;
}

const HASH = /^#?(?:A(\d{1,10}))?L(\d{1,10})(?:-L?(\d{1,10}))?$/i;
const TYPED = /^\s*(?:A(\d{1,10}))?L?(\d{1,10})(?:\s*[-–]\s*L?(\d{1,10}))?\s*$/i;

/** `#L120`, `#L120-L180`, `#A2L120`; undefined for anything else. */
export function parseLineHash(hash: string): LineRange | undefined {
  return toRange(HASH.exec(hash));
}

/** As people type it: `120`, `120-180`, or what follows the `#` of a link. */
export function parseLineNumbers(text: string): LineRange | undefined {
  return toRange(TYPED.exec(text));
}

/** Of a log with several attempts, links name theirs. */
export function formatLineHash({ attempt, from, to }: LineRange): string {
  const prefix = attempt === undefined ? '#L' : `#A${attempt}L`;
  return from === to ? `${prefix}${from}` : `${prefix}${from}-L${to}`;
}

function toRange(match: RegExpExecArray | null): LineRange | undefined {
  if (match === null) return undefined;
  const [, attempt, first = '', last = first] = match;
  const [from, to] = [Number(first), Number(last)].sort((one, other) => one - other) as [number, number];
  return { attempt: attempt === undefined ? undefined : Number(attempt), from, to };
}
