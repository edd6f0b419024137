import { html } from 'hono/html';
import type { StoredLogLine } from '../../contracts/log-line.ts';
import { type LogStore, LogStoreUnavailable } from '../logs/stores/log-store.ts';
import type { Html } from './html.ts';

/** What a page that shows a log lists among its scripts. */
export const LOG_VIEWER_SCRIPT = 'log-viewer.ts';

/** What people see of a log without JavaScript; with it, what is there until the script has the whole log. */
const TAIL_LINES = 500;
const TAIL_BYTES = 256 * 1024;

/** The last lines; `null` while the store is out of reach. */
export type LogTail = readonly StoredLogLine[] | null;

export interface LogView {
  readonly deploymentId: string;
  /** Nothing more is written to the log. */
  readonly isFinished: boolean;
  readonly hasFailed: boolean;
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

/**
 * The log of a deployment as a piece of a page. Put it outside of every `data-region` (it keeps itself up to date),
 * and LOG_VIEWER_SCRIPT among the scripts of the document.
 */
export function renderLogViewer(view: LogView): Html {
  return html`<section class="log" data-log="${view.deploymentId}" aria-label="Log">
    ${view.readTail().then((tail) => html`<pre>${tail?.map(({ text }) => `${text}\n`)}</pre>`)}
  </section>`;
}
