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
  let states = new Uint8Array(tokens.length + 1);
  states[0] = 1;
  skipEmpty(tokens, states);
  for (const letter of path) states = advance(tokens, states, letter);
  return states[tokens.length] === 1;
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

/** A state is how many tokens are behind; `states` holds a 1 for each way that is followed. */
function advance(
  tokens: readonly Token[],
  states: Uint8Array<ArrayBuffer>,
  letter: string,
): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(states.length);
  for (const [state, token] of tokens.entries()) {
    const to = states[state] === 1 ? stateAfter(token, state, letter) : undefined;
    if (to !== undefined) next[to] = 1;
  }
  skipEmpty(tokens, next);
  return next;
}

/** What may stand for nothing is also passed without a letter: only ever forwards, so one pass finds all. */
function skipEmpty(tokens: readonly Token[], states: Uint8Array): void {
  for (const [state, { kind }] of tokens.entries()) {
    if (states[state] !== 1) continue;
    if (kind === 'name' || kind === 'all') states[state + 1] = 1;
    if (kind === 'folders') states[state + 2] = 1;
  }
}

function stateAfter(token: Token, state: number, letter: string): number | undefined {
  const isSlash = letter === '/';
  switch (token.kind) {
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
  }
}
