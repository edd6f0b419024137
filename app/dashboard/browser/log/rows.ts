import { parseSpans } from './ansi.ts';
import { formatRgb, parseHex, readableOn, type Rgb } from './color.ts';
import { formatLineHash } from './hash.ts';
import type { LogLayout } from './layout.ts';
import type { LogLines } from './lines.ts';
import { type MarkedSpan, type MarkRange, planMarks } from './marks.ts';
import { formatLineTime, type TimeStyle } from './time.ts';
import { namePhase } from './words.ts';
import { formatDuration } from '../relative-time.ts';

/** The numbers that the app's own words have: they stand beside the builder's lines and are not counted. */
const OWN_SEQS: ReadonlySet<number> = new Set([0, 0xffff_ffff]);
/** `--sheet` of the style sheet: what text stands on, in light and in dark. */
const PAPERS: readonly [light: Rgb, dark: Rgb] = [parseHex('#ffffff'), parseHex('#1a1e22')];
/** What rows show besides their lines. */
export interface RowLook {
  times(): TimeStyle;
  /** Hits of the search in a line. */
  marksOf(line: number): readonly MarkRange[];
  isChosen(line: number): boolean;
  /** The phase that the deployment failed in. */
  failedRun(): number | undefined;
}

export interface RowMaker {
  makeLine(line: number, piece: number): HTMLElement;
  makeHead(run: number): HTMLElement;
  updateHead(head: HTMLElement, run: number): void;
}

/** Makes the elements of rows. All that a build has printed becomes text nodes, never markup. */
export function createRowMaker(page: Document, lines: LogLines, layout: LogLayout, look: RowLook): RowMaker {
  function make(tag: string, className: string, text = ''): HTMLElement {
    const element = page.createElement(tag);
    element.className = className;
    if (text !== '') element.textContent = text;
    return element;
  }

  function makeNumber(line: number, piece: number): HTMLElement {
    const seq = lines.seq(line);
    if (piece > 0) return make('span', 'log-no', '↪');
    if (OWN_SEQS.has(seq)) return make('span', 'log-no');
    const link = make('a', 'log-no', String(seq)) as HTMLAnchorElement;
    link.href = formatLineHash({ attempt: namedAttempt(lines, line), from: seq, to: seq });
    link.setAttribute('aria-label', `Line ${seq}`);
    if (lines.stream(line) === 'stderr') link.title = 'Standard error';
    // Hundreds of stops on the way through a page help nobody: the field "Line" is the keyboard's way to a line.
    link.tabIndex = -1;
    return link;
  }

  function makeTime(line: number): HTMLElement {
    const startedAt = lines.at(lines.find(lines.attempt(line), 1) ?? line);
    const time = make('span', 'log-at', formatLineTime(look.times(), lines.at(line), startedAt));
    time.title = describeMoment(lines.at(line));
    return time;
  }

  function makeText(line: number, piece: number): HTMLElement {
    const text = make('span', 'log-text');
    const starts = layout.pieces(line);
    const from = starts[piece] ?? 0;
    const to = starts[piece + 1] ?? Number.POSITIVE_INFINITY;
    const marks = look.marksOf(line).filter(({ start, end }) => end > from && start < to);
    const spans = parseSpans(lines.text(line), lines.carried(line));
    text.append(...planMarks(spans, from, to, marks).map((span) => makeSpan(page, span)));
    return text;
  }

  function updateHead(head: HTMLElement, run: number): void {
    const [button, name, facts] = ['button', 'b', '.log-facts'].map((part) => head.querySelector(part));
    const isFailed = look.failedRun() === run;
    button?.setAttribute('aria-expanded', String(!layout.isFolded(run)));
    head.classList.toggle('failed', isFailed);
    setText(name, nameRun(lines, run));
    setText(facts, describeRun(lines, run, isFailed));
  }

  return {
    makeLine(line, piece) {
      const row = make('div', `log-row ${lines.stream(line)}`);
      row.dataset['line'] = String(line);
      row.dataset['piece'] = String(piece);
      row.classList.toggle('chosen', look.isChosen(line));
      row.append(makeNumber(line, piece));
      if (look.times() !== 'none') row.append(piece === 0 ? makeTime(line) : make('span', 'log-at'));
      row.append(makeText(line, piece));
      return row;
    },
    makeHead(run) {
      const head = make('div', 'log-row log-phase');
      const button = make('button', 'log-fold') as HTMLButtonElement;
      button.type = 'button';
      button.append(make('b', ''), make('span', 'log-facts'));
      head.append(button);
      head.dataset['run'] = String(run);
      updateHead(head, run);
      return head;
    },
    updateHead,
  };
}

/** Links name the attempt only where there are several. */
export function namedAttempt(lines: LogLines, line: number): number | undefined {
  return lines.attempts().length > 1 ? lines.attempt(line) : undefined;
}

function nameRun(lines: LogLines, run: number): string {
  const first = lines.runStart(run);
  return namePhase(lines.phase(first), namedAttempt(lines, first));
}

function describeRun(lines: LogLines, run: number, isFailed: boolean): string {
  const [first, end] = [lines.runStart(run), lines.runStart(run + 1)];
  const count = end - first;
  const facts = [
    `${count.toLocaleString('en')} ${count === 1 ? 'line' : 'lines'}`,
    formatDuration(lines.at(end - 1) - lines.at(first)),
  ];
  return [...(isFailed ? ['failed'] : []), ...facts].join(' · ');
}

function makeSpan(page: Document, { text, classes, color, background, mark }: MarkedSpan): Node {
  if (classes === '' && color === undefined && background === undefined && mark === 'none') {
    return page.createTextNode(text);
  }
  const element = page.createElement(mark === 'none' ? 'span' : 'mark');
  element.className = mark === 'current' ? `${classes} current` : classes;
  element.textContent = text;
  // A hit has the colours of a hit, which can be read whatever the build chose.
  if (mark === 'none') paint(element, color, background);
  return element;
}

/** Colours beyond the 16 are nobody's class; they are set, as far as they can be read. */
function paint(element: HTMLElement, color: Rgb | undefined, background: Rgb | undefined): void {
  if (background !== undefined) {
    element.style.backgroundColor = formatRgb(background);
    element.style.color = formatRgb(readableOn(background, color ?? background));
  } else if (color !== undefined) {
    const [light, dark] = PAPERS.map((paper) => formatRgb(readableOn(paper, color)));
    element.style.color = `light-dark(${light}, ${dark})`;
  }
}

function describeMoment(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

function setText(element: Element | null | undefined, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}
