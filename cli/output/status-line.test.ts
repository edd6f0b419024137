import { setTimeout as sleep } from 'node:timers/promises';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openStatusLine } from './status-line.ts';

const CLEAR_LINE = '\r\u001B[2K';

/** What a person sees: the lines of a terminal that knows `\r`, `ESC [ 2 K` and line ends. */
function watchTerminal() {
  const lines = [''];
  const writes: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _, done) {
      writes.push(text);
      for (const part of text.replaceAll(CLEAR_LINE, '\r').split(/(\n|\r)/)) {
        if (part === '\n') lines.push('');
        else if (part === '\r') lines[lines.length - 1] = '';
        else lines[lines.length - 1] += part;
      }
      done();
    },
  });
  return { terminal: Object.assign(stream, { isTTY: true, columns: 20 }), lines, writes };
}

describe('the status line', () => {
  it('stands below what is written, and leaves nothing behind', async () => {
    const { terminal, lines } = watchTerminal();
    const status = openStatusLine(terminal);
    status.set(() => 'Building');
    expect(lines).toEqual(['⠋ Building']);
    for (const line of ['one', 'two']) {
      status.step();
      terminal.write(`${line}\n`);
    }
    expect(lines).toEqual(['one', 'two', '']);
    await sleep(1);
    expect(lines).toEqual(['one', 'two', expect.stringMatching(/^. Building$/)]);
    status.set(undefined);
    terminal.write('end\n');
    await sleep(150);
    expect(lines).toEqual(['one', 'two', 'end', '']);
  });

  it('is drawn once for many lines that come together', async () => {
    const { terminal, writes } = watchTerminal();
    const status = openStatusLine(terminal);
    status.set(() => 'Building');
    writes.length = 0;
    for (let line = 0; line < 1000; line += 1) status.step();
    await sleep(1);
    expect(writes.filter((text) => text.includes('Building')).length).toBeLessThan(3);
    status.set(undefined);
  });

  it('turns, and asks what it says at each turn', async () => {
    const { terminal, lines } = watchTerminal();
    const status = openStatusLine(terminal);
    let count = 0;
    status.set(() => `turn ${(count += 1)}`);
    await sleep(350);
    status.set(undefined);
    expect(count).toBeGreaterThan(1);
    expect(lines).toEqual(['']);
  });

  it('never wraps, and never steers the terminal', () => {
    const { terminal, lines, writes } = watchTerminal();
    const status = openStatusLine(terminal);
    status.set(() => `Uploading \u001B]0;title\u0007${'x'.repeat(50)}`);
    expect(lines).toEqual(['⠋ Uploading xxxxxx…']);
    expect(writes.join('')).not.toContain('title');
    status.set(undefined);
  });
});
