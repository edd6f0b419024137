import type { LogLines } from './lines.ts';
import type { LogStage } from './stage.ts';

/** What the parts of one log viewer share. */
export interface LogRoom {
  readonly page: Document;
  readonly lines: LogLines;
  readonly stage: LogStage;
  /** The element that scrolls. */
  readonly scroller: HTMLElement;
  /** An element of the page by its `data-log-part`. */
  readonly part: (name: string) => HTMLElement;
  /** Draws in the next frame. */
  schedule(): void;
}
