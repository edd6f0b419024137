import { html } from 'hono/html';
import { LAST_WORD_SEQ, type LogPhase, type StoredLogLine } from '../../../contracts/log-line.ts';
import { type LogStore, LogStoreUnavailable } from '../../logs/stores/log-store.ts';
import { carryStyle, nearestName, parseSpans, type Span } from '../browser/log/ansi.ts';
import { namePhase } from '../browser/log/words.ts';
import type { Html } from '../html.ts';

/** What a page that shows a log lists among its scripts. */
export const LOG_VIEWER_SCRIPT = 'log/viewer.ts';

/** What people see of a log without JavaScript; with it, what is there until the script has the whole log. */
export const TAIL_LINES = 500;
const TAIL_BYTES = 256 * 1024;

/** The last lines; `null` while the store is out of reach. */
export type LogTail = readonly StoredLogLine[] | null;

export interface LogView {
  readonly deploymentId: string;
  /** Nothing more is written to the log. */
  readonly isFinished: boolean;
  readonly hasFailed: boolean;
  /** Of a page that shows nothing else: the log fills it. */
  readonly title?: string;
  /**
   * Reads the last lines, when the page is rendered and not before: a page that is only looked at for changes must
   * not read its log, and a log that grows is no change (functions are not part of a page's version).
   */
  readonly readTail: () => Promise<LogTail>;
}

/** For `LogView.readTail`. */
export async function readLogTail(store: Pick<LogStore, 'readTail'>, deploymentId: string): Promise<LogTail> {
  try {
    return await store.readTail({ deploymentId, limit: TAIL_LINES, maxBytes: TAIL_BYTES });
  } catch (error) {
    if (error instanceof LogStoreUnavailable) return null;
    throw error;
  }
}

export function logPagePath(deploymentId: string): string {
  return `/deployments/${deploymentId}/log`;
}

/**
 * The log of a deployment as a piece of a page. Put it outside of every `data-region` (it keeps itself up to date),
 * and LOG_VIEWER_SCRIPT among the scripts of the document.
 */
export function renderLogViewer(view: LogView): Html {
  const { deploymentId, isFinished, hasFailed, title } = view;
  return html`<section
    class="log ${title === undefined ? '' : 'whole'}"
    data-log="/logs/${deploymentId}"
    data-finished="${String(isFinished)}"
    data-failed="${String(hasFailed)}"
    aria-labelledby="log-title"
  >
    <div class="log-head">
      ${title === undefined ? html`<h2 id="log-title">Log</h2>` : html`<h1 id="log-title">${title}</h1>`}
      ${renderState(view)}
      <p class="log-count" data-log-part="lines"></p>
      ${renderLinks(view)}
    </div>
    ${renderTools()}
    <div class="log-box" data-log-part="box">
      <div data-log-part="tail">${view.readTail().then((tail) => renderTail(tail, view))}</div>
      <button class="log-follow" type="button" data-log-part="follow" hidden></button>
    </div>
  </section>`;
}

/** The script says more, and says it anew when it changes. */
function renderState({ isFinished, hasFailed }: LogView): Html {
  const [look, text] = hasFailed
    ? ['failed', 'Failed']
    : isFinished
      ? ['idle', 'Finished']
      : ['busy', 'Running'];
  return html`<p class="log-state badge ${look}" role="status" data-log-part="state">${text}</p>`;
}

function renderLinks({ deploymentId, title }: LogView): Html {
  const url = `/logs/${deploymentId}`;
  return html`<p class="log-links">
    ${title !== undefined ? '' : html`<a href="${logPagePath(deploymentId)}">Full page</a>`}
    <a href="${url}?format=text">Plain text</a>
    <a href="${url}?format=text" download="${deploymentId}.log">Download</a>
    <a href="${url}?format=ndjson" download="${deploymentId}.ndjson">NDJSON</a>
  </p>`;
}

/** Without JavaScript none of these does anything, so they are hidden until the script is there. */
function renderTools(): Html {
  return html`<div class="log-tools" data-log-part="tools" hidden>
    <form class="log-search" role="search" aria-label="Log" data-log-part="search">
      <input
        type="search"
        name="query"
        aria-label="Search the log"
        placeholder="Search ( / )"
        autocomplete="off"
      />
      <output data-log-part="count"></output>
      <button
        type="button"
        data-log-part="previous"
        aria-label="Previous hit"
        title="Previous hit (Shift+Enter)"
      >
        <span aria-hidden="true">↑</span>
      </button>
      <button type="submit" aria-label="Next hit" title="Next hit (Enter)">
        <span aria-hidden="true">↓</span>
      </button>
    </form>
    <button class="log-error" type="button" data-log-part="error" hidden></button>
    <form class="log-go" data-log-part="go">
      <input
        name="lines"
        aria-label="Go to line, or lines such as 120-180"
        placeholder="Line"
        autocomplete="off"
      />
    </form>
    <select aria-label="Times" data-log-part="times">
      <option value="none">No times</option>
      <option value="elapsed">Since start</option>
      <option value="clock">Clock</option>
    </select>
    <label class="log-wrap"><input type="checkbox" data-log-part="wrap" /> Wrap</label>
    <button type="button" data-log-part="copy">Copy all</button>
  </div>`;
}

function renderTail(tail: LogTail, { deploymentId, isFinished }: LogView): Html {
  if (tail === null) {
    return html`<p class="log-note">
      The log’s store is out of reach. No line is lost: reload this page in a moment.
    </p>`;
  }
  if (tail.length === 0) {
    const note = isFinished ? 'This log is empty.' : 'No line has come yet.';
    return html`<p class="log-note">${note}</p>`;
  }
  const isWhole = tail.length < TAIL_LINES;
  return html`${
      isWhole
        ? ''
        : html`<p class="log-note">
            The last ${tail.length} lines. <a href="/logs/${deploymentId}?format=text">All lines as text</a>
          </p>`
    }
    <pre class="log-tail" tabindex="0" aria-label="Last lines">${renderLines(tail)}</pre>`;
}

/** Colours go on from line to line, as in a terminal. */
function renderLines(lines: readonly StoredLogLine[]): Html[] {
  const carried = new Map<string, string>();
  let head = '';
  return lines.map(({ seq, attempt, phase, stream, text }) => {
    const run = `${attempt} ${phase}`;
    const isFirst = run !== head;
    head = run;
    const before = carried.get(`${run} ${stream}`) ?? '';
    carried.set(`${run} ${stream}`, carryStyle(text, before));
    const number = seq === 0 || seq === LAST_WORD_SEQ ? '' : seq;
    const spans = parseSpans(text, before).map(renderSpan);
    return html`${isFirst ? renderPhase(phase, attempt, lines) : ''}<span class="log-line ${stream}"
        ><i>${number}</i>${spans}</span
      >${'\n'}`;
  });
}

function renderPhase(phase: LogPhase, attempt: number, lines: readonly StoredLogLine[]): Html {
  const hasSeveral = lines.some((line) => line.attempt !== attempt);
  return html`<b class="log-line log-phase">${namePhase(phase, hasSeveral ? attempt : undefined)}</b>${'\n'}`;
}

/** A page can't set colours of its own where styles in the page are forbidden: exact ones become the nearest class. */
function renderSpan({ text, classes, color, background }: Span): Html | string {
  const all = [
    classes,
    color === undefined ? '' : `fg-${nearestName(color)}`,
    background === undefined ? '' : `bg-${nearestName(background)}`,
  ];
  const names = all.filter((name) => name !== '').join(' ');
  return names === '' ? text : html`<span class="${names}">${text}</span>`;
}
