import type { OutputStream } from '../system.ts';
import { plainText, truncate } from './terminal-text.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\u001B[2K';

/** The last line of a terminal: what goes on at this moment. Others write above it. */
export interface StatusLine {
  /** What it says from now on, asked for at each turn; undefined removes it. */
  set(text: (() => string) | undefined): void;
  /** Makes room for a line of somebody else; it comes back by itself. */
  step(): void;
}

export function openStatusLine(terminal: OutputStream): StatusLine {
  let text: (() => string) | undefined;
  let frame = 0;
  let isVisible = false;
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Immediate | undefined;

  function draw(): void {
    soon = undefined;
    if (text === undefined) return;
    // A line that wraps could not be cleared; the last column makes some terminals wrap.
    const columns = (terminal.columns ?? DEFAULT_COLUMNS) - 1;
    terminal.write(CLEAR_LINE + truncate(`${FRAMES[frame % FRAMES.length]} ${plainText(text())}`, columns));
    isVisible = true;
  }
  function hide(): void {
    if (isVisible) terminal.write(CLEAR_LINE);
    isVisible = false;
  }
  function turn(): void {
    frame += 1;
    draw();
  }

  return {
    set(next) {
      text = next;
      if (next === undefined) {
        hide();
        clearInterval(timer);
        timer = undefined;
      } else if (timer === undefined) {
        // It never keeps the program alive.
        timer = setInterval(turn, FRAME_MS).unref();
        draw();
      }
    },
    step() {
      hide();
      // Once for all lines that come together: a log may bring thousands.
      if (text !== undefined) soon ??= setImmediate(draw);
    },
  };
}
