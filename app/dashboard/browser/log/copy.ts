import { writeClipboard } from '../clipboard.ts';
import type { LogChoice } from './choice.ts';
import type { LogRoom } from './room.ts';

const THANKS_MS = 1500;

interface Place {
  readonly line: number;
  /** In the text of the line as it is shown. */
  readonly column: number;
}

/**
 * Copying: by the button, and by the keyboard what is selected. Most selected rows are not in the document, so the text
 * comes from the lines.
 */
export interface LogCopy {
  /** Rows in which the selection begins or ends: they stay in the document, or it would be lost. */
  keptRows(): number[];
  /** Says what the button would copy. */
  update(): void;
}

export function createCopy(room: LogRoom, choice: LogChoice): LogCopy {
  const { page, lines, scroller } = room;
  const { layout } = room.stage;
  const button = room.part('copy');
  let thanks: ReturnType<typeof setTimeout> | undefined;

  function textOf(from: Place, to: Place): string {
    const texts: string[] = [];
    for (let line = from.line; line <= to.line; line++) {
      if (layout.isFolded(lines.runOf(line))) continue;
      const text = lines.plain(line);
      texts.push(
        text.slice(line === from.line ? from.column : 0, line === to.line ? to.column : text.length),
      );
    }
    return texts.join('\n');
  }
  const chosenText = (): string => {
    const [from, to] = choice.range() ?? [0, lines.count() - 1];
    const texts: string[] = [];
    for (let line = from; line <= to; line++) texts.push(lines.plain(line));
    return texts.join('\n');
  };

  function update(): void {
    if (thanks !== undefined) return;
    const range = choice.range();
    const count = range === undefined ? 0 : range[1] - range[0] + 1;
    const what = count === 0 ? 'all' : count === 1 ? 'line' : `${count.toLocaleString('en')} lines`;
    button.textContent = `Copy ${what}`;
  }

  async function copy(): Promise<void> {
    button.textContent = (await writeClipboard(page, chosenText())) ? 'Copied' : 'Copying was refused';
    clearTimeout(thanks);
    thanks = setTimeout(() => {
      thanks = undefined;
      update();
    }, THANKS_MS);
  }
  button.addEventListener('click', () => void copy());
  page.addEventListener('copy', (event) => {
    const text = selectedText();
    if (text === undefined || event.clipboardData === null) return;
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
  });

  /** Undefined when what is selected is none of our business. */
  function selectedText(): string | undefined {
    const selection = page.getSelection();
    if (selection === null || selection.isCollapsed) {
      return choice.range() !== undefined && scroller.contains(page.activeElement) ? chosenText() : undefined;
    }
    const range = selection.getRangeAt(0);
    const from = placeOf(range.startContainer, range.startOffset);
    const to = placeOf(range.endContainer, range.endOffset);
    return from === undefined || to === undefined ? undefined : textOf(from, to);
  }

  function placeOf(container: Node, offset: number): Place | undefined {
    const row = rowOf(container.childNodes[offset] ?? container) ?? rowOf(container);
    if (row === undefined) return undefined;
    const { line, piece, run } = row.dataset;
    if (line === undefined) return { line: lines.runStart(Number(run)), column: 0 };
    const start = layout.pieces(Number(line))[Number(piece)] ?? 0;
    return { line: Number(line), column: start + textBefore(row, container, offset) };
  }

  /** Characters of the row's text before a point; none when the point is before the text. */
  function textBefore(row: HTMLElement, container: Node, offset: number): number {
    const text = row.querySelector('.log-text');
    if (text === null || !row.contains(container)) return 0;
    const range = page.createRange();
    range.setStart(text, 0);
    range.setEnd(container, offset);
    return range.toString().length;
  }

  function rowOf(node: Node | null | undefined): HTMLElement | undefined {
    const element = node instanceof Element ? node : node?.parentElement;
    const row = element?.closest<HTMLElement>('[data-line], [data-run]');
    return row && scroller.contains(row) ? row : undefined;
  }

  return {
    update,
    keptRows() {
      // Also where nothing is selected yet: Shift and a click far away begin here.
      const selection = page.getSelection();
      return [selection?.anchorNode, selection?.focusNode].flatMap((node) => {
        const { line, piece } = rowOf(node)?.dataset ?? {};
        return line === undefined ? [] : [layout.rowOf(Number(line), Number(piece))];
      });
    },
  };
}
