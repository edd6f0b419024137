import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];
/** Text in a colour, or as it is where colours are not wanted. */
export type Paint = (style: Style, text: string) => string;

/** FORCE_COLOR and NO_COLOR say what is wanted, else a terminal that can show colours gets them. */
export function decideColours(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTerminal && env['TERM'] !== 'dumb';
}

export function createPaint(hasColours: boolean): Paint {
  return (style, text) =>
    hasColours && text !== '' ? styleText(style, text, { validateStream: false }) : text;
}
