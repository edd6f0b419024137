/** Of what a page shows; the rest is read by the API. */
export const MAX_SHOWN_PAYLOAD_LENGTH = 200_000;
/** GitHub puts the tokens of clones into some payloads, and secrets of hooks into others. */
const SECRET_KEY = /token|secret|password|private_key|^pem$/i;
const MASK = '•••';
/** What is not seen, or would show the rest of a line backwards: JSON has a way to write it. */
const UNSEEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

export interface ShownPayload {
  readonly text: string;
  /** It has more than is shown. */
  readonly isCut: boolean;
}

/** A webhook's body as people read it: a value a line, without secrets, and bounded. */
export function formatPayload(body: string): ShownPayload {
  const text = JSON.stringify(maskPayload(body), undefined, 2).replaceAll(UNSEEN, spell);
  const isCut = text.length > MAX_SHOWN_PAYLOAD_LENGTH;
  return { text: isCut ? text.slice(0, MAX_SHOWN_PAYLOAD_LENGTH).toWellFormed() : text, isCut };
}

/** A webhook's body without the values of secrets. */
export function maskPayload(body: string): unknown {
  return JSON.parse(body, (key, value: unknown) =>
    typeof value === 'string' && value !== '' && SECRET_KEY.test(key) ? MASK : value,
  );
}

function spell(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
