import type { LogLayout } from './layout.ts';
import type { LogLines } from './lines.ts';
import type { RowMaker } from './rows.ts';
import type { LogScreen } from './screen.ts';

/** The heads of phases: what they say, and what is folded to them. */
export interface LogFolds {
  open(run: number): void;
  /** After each drawing: the phase of what is on top stays in view. */
  update(topRow: number): void;
}

interface FoldsSetting {
  readonly page: Document;
  readonly lines: LogLines;
  readonly layout: LogLayout;
  readonly screen: LogScreen;
  readonly scroller: HTMLElement;
  /** Draws at once: for what needs the elements. */
  draw(): void;
}

export function createFolds(setting: FoldsSetting, maker: RowMaker): LogFolds {
  const { page, lines, layout, screen, scroller } = setting;
  const now = page.createElement('div');
  now.className = 'log-now';
  scroller.prepend(now);

  function fold(run: number, isFolded: boolean): void {
    layout.fold(run, isFolded);
    screen.forget();
  }

  function toggle(run: number): void {
    const isHeadAbove = layout.headOf(run) < screen.topRow();
    fold(run, !layout.isFolded(run));
    if (isHeadAbove) screen.scrollTo(layout.headOf(run));
    setting.draw();
    // The button that was pressed is gone; the one in its place goes on for it.
    const buttons = scroller.querySelectorAll<HTMLElement>(`[data-run="${run}"] button`);
    buttons[isHeadAbove ? 0 : buttons.length - 1]?.focus({ preventScroll: true });
  }

  scroller.addEventListener('click', ({ target }) => {
    const head = (target as Element).closest('.log-fold')?.closest<HTMLElement>('[data-run]');
    if (head) toggle(Number(head.dataset['run']));
  });

  return {
    open(run) {
      if (layout.isFolded(run)) fold(run, false);
    },
    update(topRow) {
      if (layout.rows() === 0) return;
      const at = layout.at(Math.min(topRow, layout.rows() - 1));
      const run = at.kind === 'head' ? at.run : lines.runOf(at.line);
      const head = now.firstElementChild as HTMLElement | null;
      if (head?.dataset['run'] !== String(run)) now.replaceChildren(maker.makeHead(run));
      for (const row of [now.firstElementChild as HTMLElement, ...screen.drawn().values()]) {
        if (row.dataset['run'] !== undefined) maker.updateHead(row, Number(row.dataset['run']));
      }
    },
  };
}
