import type { LogLayout } from './log-layout.ts';
import type { LogLines } from './log-lines.ts';
import type { LogScreen } from './log-screen.ts';

/** What the parts of one log viewer share. */
export interface LogRoom {
  readonly page: Document;
  readonly lines: LogLines;
  readonly layout: LogLayout;
  readonly screen: LogScreen;
  /** The element that scrolls. */
  readonly scroller: HTMLElement;
  /** An element of the page by its `data-log-part`. */
  readonly part: (name: string) => HTMLElement;
  /** Draws in the next frame. */
  schedule(): void;
  /** Draws at once: for what needs the elements. */
  draw(): void;
  /** All rows are made anew in the next frame. */
  redraw(): void;
  /** Brings a line, and a column of it, into view; its phase is opened for that. A log that follows its end stops. */
  showLine(line: number, column?: number): void;
  /** The first line that can be seen. */
  topLine(): number;
}
