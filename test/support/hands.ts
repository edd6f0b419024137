import type { Locator, Page } from 'playwright-core';
import { createKeyboard } from './keyboard.ts';

/** How somebody uses a page. */
export interface Hands {
  readonly press: (target: Locator) => Promise<void>;
  readonly type: (target: Locator, text: string) => Promise<void>;
  /** Ticks a box, or presses a button as one can with Space, too. */
  readonly tick: (target: Locator) => Promise<void>;
}

export const mouse: Hands = {
  press: (target) => target.click(),
  type: (target, text) => target.fill(text),
  tick: (target) => target.click(),
};

/** Tab, Enter, Space and letters: no call of the mouse, and no focus that comes from anywhere but the page. */
export function keysOf(page: Page): Hands {
  const keyboard = createKeyboard(page);
  return {
    press: (target) => keyboard.activate(target),
    async type(target, text) {
      await keyboard.tabTo(target);
      await keyboard.type(text);
    },
    async tick(target) {
      await keyboard.tabTo(target);
      await keyboard.press('Space');
    },
  };
}
