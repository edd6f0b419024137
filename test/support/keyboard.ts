import type { Locator, Page } from 'playwright-core';

/** More than any page has to tab through. */
const MAX_STOPS = 300;
/** What scrolls is a stop too, and so is the browser itself, between a page's end and its beginning. */
const OTHER_STOPS = 5;
/** A page that grows, or that one comes back to, is still being scrolled when the focus moves. */
const SETTLE_MS = 1000;
const LOOK_AGAIN_MS = 50;

export const IS_FOCUSED = (element: { readonly matches: (selector: string) => boolean }) =>
  element.matches(':focus');

/** Where the focus is, and what is wrong with it there. */
interface Focus {
  /** Undefined where no element of the page has it. */
  readonly at: string | undefined;
  readonly isMarked: boolean;
  readonly isInView: boolean;
  /** Tab has come to all that MARK_STOPS has marked. */
  readonly isLast: boolean;
}

/**
 * A keyboard and nothing else: goes from stop to stop as people do, and throws where they would be lost, because the
 * focus is not to be seen, is out of view, or never comes to what they want.
 */
export interface Keyboard {
  /** Tabs (backwards, too) until the element has the focus. */
  tabTo(target: Locator, key?: 'Tab' | 'Shift+Tab'): Promise<void>;
  press(key: string): Promise<void>;
  type(text: string): Promise<void>;
  /** Tabs to it and presses Enter. */
  activate(target: Locator): Promise<void>;
}

export function createKeyboard(page: Page): Keyboard {
  const press = (key: string) => page.keyboard.press(key);
  const tabTo: Keyboard['tabTo'] = async (target, key = 'Tab') => {
    await target.waitFor();
    for (let stop = 0; stop < MAX_STOPS; stop += 1) {
      if (await target.evaluate(IS_FOCUSED)) return;
      await press(key);
      const faults = faultsOf(await focusOf(page));
      if (faults.length > 0) throw new Error(faults.join('\n'));
    }
    throw new Error(`${MAX_STOPS} times ${key} never came to ${String(target)}`);
  };
  return {
    tabTo,
    press,
    type: (text) => page.keyboard.type(text),
    async activate(target) {
      await tabTo(target);
      await press('Enter');
    },
  };
}

/**
 * Tabs once around a page. Returns what a person would stumble over: stops that are not to be seen, elements that
 * are never reached, a place that does not let go.
 */
export async function findStumbles(page: Page): Promise<string[]> {
  const expected = await page.evaluate<number>(`(${MARK_STOPS})()`);
  const stumbles: string[] = [];
  for (let stop = 0; stop < expected + OTHER_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const focus = await focusOf(page);
    stumbles.push(...faultsOf(focus));
    if (focus.isLast) break;
  }
  const missed = await page.evaluate<string[]>(
    `[...document.querySelectorAll('[data-stop]')].map((element) => element.outerHTML.slice(0, 120))`,
  );
  return [...stumbles, ...missed.map((element) => `never reached by Tab: ${element}`)];
}

/** Marks all that Tab should come to; of radio buttons with one name only one is a stop. */
const MARK_STOPS = `() => {
  const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(
    (element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility({ visibilityProperty: true }),
  );
  for (const stop of stops) stop.setAttribute('data-stop', '');
  return stops.length;
}`;

/** An outline, of the element, of what it has before or after it, or of the box around it; whatever rule draws it. */
const FOCUS = `() => {
  const element = document.activeElement;
  element?.removeAttribute('data-stop');
  const isLast = document.querySelector('[data-stop]') === null;
  if (element === null || element === document.body || element === document.documentElement) {
    return { isMarked: false, isInView: false, isLast };
  }
  const parts = [[element], [element, '::before'], [element, '::after'], [element.parentElement]];
  const isMarked = parts.some(([part, pseudo]) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(part, pseudo);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1;
  });
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const isInView = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth && bottom > top && right > left;
  return { at: element.outerHTML.slice(0, 120), isMarked, isInView, isLast };
}`;

async function focusOf(page: Page): Promise<Focus> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const focus = await page.evaluate<Focus>(`(${FOCUS})()`);
    if (faultsOf(focus).length === 0 || waitedMs >= SETTLE_MS) return focus;
    await page.waitForTimeout(LOOK_AGAIN_MS);
  }
}

/** At the end of a page the focus leaves it, for the browser's own bars. */
function faultsOf({ at, isMarked, isInView }: Focus): string[] {
  if (at === undefined) return [];
  return [
    ...(isMarked ? [] : [`has the focus, and nothing shows it: ${at}`]),
    ...(isInView ? [] : [`has the focus out of view: ${at}`]),
  ];
}
