import type { Locator, Page } from 'playwright-core';
import { createKeyboard } from './keyboard.ts';

/** How somebody uses a page. */
export interface Hands {
  readonly press: (target: Locator) => Promise<void>;
  readonly type: (target: Locator, text: string) => Promise<void>;
}

export const mouse: Hands = {
  press: (target) => target.click(),
  type: (target, text) => target.fill(text),
};

/** Tab, Enter and letters: no call of the mouse, and no focus that comes from anywhere but the page. */
export function keysOf(page: Page): Hands {
  const keyboard = createKeyboard(page);
  return {
    press: (target) => keyboard.activate(target),
    async type(target, text) {
      await keyboard.tabTo(target);
      await keyboard.type(text);
    },
  };
}
