/** What a pattern is made of: a letter, or one of the four that stand for others. */
type Token =
  | { readonly kind: 'letter'; readonly letter: string }
  /** `?`: one letter of a name. */
  | { readonly kind: 'one' }
  /** `*`: any letters of a name. */
  | { readonly kind: 'name' }
  /** A double star: any letters, of any number of folders. */
  | { readonly kind: 'all' }
  /** A double star and a slash at the beginning of a name: any number of whole folders, also none. */
  | { readonly kind: 'folders' }
  /** Behind `folders`: within the name of a folder that it stands for. */
  | { readonly kind: 'within' };

/**
 * Whether a path of a repository matches a pattern: `*` and `?` within one name, a double star across folders; all other
 * letters are themselves, brackets and braces too (`app/[slug]/page.tsx` is a usual name). A pattern that ends in a
 * slash means all that is below.
 *
 * All ways in which the pattern may go on are followed at once, letter by letter, so no pattern makes it slower than
 * its length times the path's: the patterns are a stranger's. Matchers that make a regular expression of it (minimatch,
 * picomatch) try one way after the other, which takes exponential time for some.
 */
export function matchPath(pattern: string, path: string): boolean {
  const tokens = parsePattern(pattern);
  let ways = waysFrom(tokens, [0]);
  for (const letter of path) {
    const next = ways
      .map((state) => stateAfter(tokens, state, letter))
      .filter((state) => state !== undefined);
    ways = waysFrom(tokens, next);
    if (ways.length === 0) return false;
  }
  return ways.at(-1) === tokens.length;
}

function parsePattern(pattern: string): Token[] {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  const tokens: Token[] = [];
  for (let at = 0; at < whole.length;) {
    const [length, ...read] = readToken(whole, at);
    tokens.push(...read);
    at += length;
  }
  return tokens;
}

function readToken(pattern: string, at: number): [length: number, ...Token[]] {
  const isAtName = at === 0 || pattern[at - 1] === '/';
  if (isAtName && pattern.startsWith('**/', at)) return [3, { kind: 'folders' }, { kind: 'within' }];
  if (pattern.startsWith('**', at)) return [2, { kind: 'all' }];
  if (pattern[at] === '*') return [1, { kind: 'name' }];
  if (pattern[at] === '?') return [1, { kind: 'one' }];
  const letter = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
  return [letter.length, { kind: 'letter', letter }];
}

/**
 * The states, each once and in order, with those that are reached without a letter. A state is how many tokens are
 * behind; what may stand for nothing leads on to a later one, never back.
 */
function waysFrom(tokens: readonly Token[], states: readonly number[]): number[] {
  const reached = new Uint8Array(tokens.length + 1);
  for (const state of states) reached[state] = 1;
  const ways: number[] = [];
  for (let state = Math.min(...states); state <= tokens.length; state += 1) {
    if (reached[state] !== 1) continue;
    ways.push(state);
    const kind = tokens[state]?.kind;
    if (kind === 'name' || kind === 'all') reached[state + 1] = 1;
    if (kind === 'folders') reached[state + 2] = 1;
  }
  return ways;
}

function stateAfter(tokens: readonly Token[], state: number, letter: string): number | undefined {
  const token = tokens[state];
  const isSlash = letter === '/';
  switch (token?.kind) {
    case 'letter':
      return token.letter === letter ? state + 1 : undefined;
    case 'one':
      return isSlash ? undefined : state + 1;
    case 'name':
      return isSlash ? undefined : state;
    case 'all':
      return state;
    case 'folders':
      return isSlash ? undefined : state + 1;
    case 'within':
      return isSlash ? state - 1 : state;
    case undefined:
      return undefined;
  }
}
