import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Interrupted } from './cli-error.ts';
import type { System } from './system.ts';

type Asker = Pick<System, 'input' | 'errors' | 'stop'>;

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_U = '\u0015';
const BACKSPACES = ['\u007F', '\b'];

/** Asks a person for a line; what they press Return at is the fallback. */
export async function ask(
  question: string,
  fallback: string,
  { input, errors, stop }: Asker,
): Promise<string> {
  const lines = createInterface({ input, output: errors, terminal: true });
  // The terminal gives no signal while it is read key by key.
  const interrupted = new AbortController();
  lines.on('SIGINT', () => interrupted.abort(new Interrupted('SIGINT')));
  try {
    const signal = AbortSignal.any([stop, interrupted.signal]);
    const answer = await new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      lines.on('close', () => resolve(''));
      lines.question(question, resolve);
    });
    return answer.trim() || fallback;
  } finally {
    lines.close();
  }
}

/** Asks for a secret: nothing that is typed is shown, not even how long it is. */
export async function askSecret(question: string, { input, errors, stop }: Asker): Promise<string> {
  errors.write(question);
  input.setRawMode?.(true);
  input.setEncoding('utf8');
  try {
    return await readKeys(input, stop);
  } finally {
    input.setRawMode?.(false);
    input.pause();
    errors.write('\n');
  }
}

function readKeys(input: Asker['input'], stop: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const onKeys = (keys: string): void => {
      for (const key of keys) {
        if (key === CTRL_C) return end(() => reject(new Interrupted('SIGINT')));
        if (key === '\r' || key === '\n' || key === CTRL_D) return end(() => resolve(typed.trim()));
        if (BACKSPACES.includes(key)) typed = typed.slice(0, -1);
        else typed = key === CTRL_U ? '' : typed + key;
      }
    };
    const onStop = (): void => end(() => reject(stop.reason as Error));
    const onEnd = (): void => end(() => resolve(typed.trim()));
    const end = (settle: () => void): void => {
      input.off('data', onKeys);
      input.off('end', onEnd);
      stop.removeEventListener('abort', onStop);
      settle();
    };
    if (input.readableEnded) return resolve('');
    input.on('data', onKeys);
    // An earlier question has paused it.
    input.resume();
    input.on('end', onEnd);
    stop.addEventListener('abort', onStop);
  });
}

/** All that a program sends in, as `offshoot login … < token` does. */
export async function readInput({ input }: Pick<System, 'input'>): Promise<string> {
  return (await text(input)).trim();
}
