import { formatDuration, formatRelative } from './relative-time.ts';

const TICK_MS = 1000;

/** Relative times grow older, and stopwatches of what still runs go on, while a page is open. */
export function keepTimesRight(page: Document): void {
  setInterval(() => {
    const now = Date.now();
    for (const element of page.querySelectorAll<HTMLTimeElement>('time[data-relative]')) {
      setText(element, formatRelative(Date.parse(element.dateTime), now));
    }
    for (const element of page.querySelectorAll<HTMLElement>('[data-running-since]')) {
      setText(element, formatDuration(now - Number(element.dataset['runningSince'])));
    }
  }, TICK_MS);
}

/** Screen readers and selections are not disturbed by what did not change. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
