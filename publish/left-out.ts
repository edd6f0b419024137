import { formatName } from './format.ts';

/** Configuration of Offshoot itself, at the top of the output: read or ignored, never served. */
const CONFIGURATION = ['offshoot.json', '_headers', '_redirects'];
const DEPENDENCIES = 'node_modules';
/** The one dotted name that is meant for the web (RFC 8615). */
const WELL_KNOWN = '.well-known';
const MAX_NAMED = 5;

/** Whether an entry of the output is never published. `path` is relative to the output folder. */
export function isLeftOut(path: string): boolean {
  if (CONFIGURATION.includes(path)) return true;
  return path
    .split('/')
    .some((name) => name === DEPENDENCIES || (name.startsWith('.') && name !== WELL_KNOWN));
}

/** Counts what was left out, and names the first few, for one line of the log. */
export interface LeftOut {
  add(path: string): void;
  /** One sentence, or undefined. */
  describe(): string | undefined;
}

export function createLeftOut(): LeftOut {
  const named: string[] = [];
  let count = 0;
  return {
    add(path) {
      if (++count <= MAX_NAMED) named.push(formatName(path));
    },
    describe() {
      if (count === 0) return undefined;
      const more = count > named.length ? ` and ${count - named.length} more` : '';
      return `Not published (names that begin with a dot, node_modules, Offshoot's own files): ${named.join(', ')}${more}.`;
    },
  };
}
