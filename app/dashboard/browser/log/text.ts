/* oxlint-disable no-control-regex -- control characters are what this file is about */
// What a build prints is hostile and meant for a terminal. Here it becomes one line of text that can be shown: of all
// escape sequences those remain that set colours and weights, spelled in one way.

const TAB_COLUMNS = 8;

/** Lines without any of these, nearly all, are shown as they are: controls, separators, bidirectional overrides. */
const STRANGE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
/** Titles, hyperlinks, device strings: up to their terminator, or to the escape (or end) that cuts them off. */
const STRINGS =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?/g;
const CONTROLS = /(?:\u001b\[|\u009b)([0-?]*)([ -/]*)([@-~]?)/g;
const OTHER_ESCAPES = /\u001b(?!\[\d[\d;]*m)[ -/]*[0-~]?/g;
/** Back to the first column and erased from there, or erased as a whole: what stood before is rewritten. */
const REWRITES = /\u001b\[2K|\u001b\[[01]?G\u001b\[0?[JK]/g;
const ANY_STYLES = /\u001b\[[\d;]*m/g;
const STYLES = /\u001b\[\d[\d;]*m/g;
/** These would show the rest of the line backwards. */
const OVERRIDES = /[\u2028-\u202e\u2066-\u2069]/g;
const UNSEEN = /[\u0000-\u0008\u000a-\u001a\u001c-\u001f\u007f-\u009f]/g;
const TABBED = /\u001b\[[\d;]*m|\t|[^\t\u001b]+/g;

/** One line, with no other controls than `ESC [ … m`, each of which sets one thing. */
export function cleanLine(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  if (!STRANGE.test(whole)) return whole;
  const styled = whole.includes('\u001b') || whole.includes('\u009b') ? cleanEscapes(whole) : whole;
  return expandTabs(styled.replace(OVERRIDES, nameCharacter).replace(UNSEEN, ''));
}

/** One line as it is searched and copied: without colours too. */
export function plainLine(text: string): string {
  // What most coloured lines have is quickly gone: searches read all lines.
  const bare = text.includes('\u001b') ? text.replace(ANY_STYLES, '') : text;
  return STRANGE.test(bare) || !bare.isWellFormed() ? dropStyles(cleanLine(text)) : bare;
}

export function dropStyles(clean: string): string {
  return clean.includes('\u001b') ? clean.replace(STYLES, '') : clean;
}

/** The sequences of a cleaned line that set colours and weights, one after the other. */
export function stylesOf(clean: string): string {
  return clean.includes('\u001b') ? (clean.match(STYLES)?.join('') ?? '') : '';
}

function cleanEscapes(text: string): string {
  return dropRewritten(text.replace(STRINGS, ''))
    .replace(CONTROLS, (_, parameters: string, intermediates: string, final: string) =>
      final === 'm' && intermediates === '' ? formatStyles(parameters) : '',
    )
    .replace(OTHER_ESCAPES, '');
}

/** Progress bars print over themselves: of those only the last state is shown, in the colours that it has. */
function dropRewritten(text: string): string {
  const last = [...text.matchAll(REWRITES)].at(-1);
  if (last === undefined) return text;
  return stylesOf(text.slice(0, last.index)) + text.slice(last.index + last[0].length);
}

/**
 * `1;38:5:9` as `ESC [ 1 m ESC [ 38;5;9 m`: one sequence for each thing that is set, since the parser that reads them
 * applies all resets of a sequence first, and knows neither colons nor an empty one, which resets.
 */
function formatStyles(parameters: string): string {
  if (!/^[\d;:]*$/.test(parameters)) return '';
  const codes = parameters.split(';');
  const units: string[] = [];
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? '';
    if (code.includes(':')) units.push(formatColons(code.split(':')));
    else if (code === '38' || code === '48' || code === '58') {
      const length = codes[at + 1] === '5' ? 3 : codes[at + 1] === '2' ? 5 : 1;
      units.push(formatColor(codes.slice(at, at + length)));
      at += length - 1;
    } else units.push(String(Number(code)));
  }
  return units.map((unit) => (unit === '' ? '' : `\u001b[${unit}m`)).join('');
}

/** `4:3`, a kind of underline, and `38:2::r:g:b`, where the colour space may be left out. */
function formatColons([code = '', kind = '', ...rest]: readonly string[]): string {
  if (code === '4') return kind === '0' ? '24' : '4';
  const values = kind === '2' && rest.length > 3 ? rest.slice(-3) : rest;
  return formatColor([code, kind, ...values]);
}

/** Underlines have no colour of their own here (58). */
function formatColor(codes: readonly string[]): string {
  const [code, kind, ...values] = codes;
  if ((code !== '38' && code !== '48') || values.length !== (kind === '5' ? 1 : 3)) return '';
  const isByte = (value: string): boolean => /^\d{1,3}$/.test(value) && Number(value) <= 255;
  return values.every(isByte) ? [code, kind, ...values.map(Number)].join(';') : '';
}

function nameCharacter(character: string): string {
  return `⟨U+${character.charCodeAt(0).toString(16).toUpperCase()}⟩`;
}

/** Rows are cut at columns, so a tab must have a width. */
function expandTabs(text: string): string {
  if (!text.includes('\t')) return text;
  let column = 0;
  return text.replace(TABBED, (piece) => {
    if (piece.startsWith('\u001b')) return piece;
    const shown = piece === '\t' ? ' '.repeat(TAB_COLUMNS - (column % TAB_COLUMNS)) : piece;
    column += shown.length;
    return shown;
  });
}
