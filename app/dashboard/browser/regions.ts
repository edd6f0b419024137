import { exchange } from './exchange.ts';

/** The parts of a page that the server renders anew: elements with `data-region`, each name once a page. */
export interface Regions {
  /** Shows what the newer document has in them: at once, or as soon as nobody is in the middle of something there. */
  show(next: Document): void;
  /** Calls back when nobody is in the middle of something anywhere on the page. */
  whenIdle(then: () => void): void;
}

/**
 * A region with an open popover, a field that has the focus, or one that somebody has changed stays as it is. What
 * came meanwhile is not lost: the newest of it is shown when they are done.
 */
export function createRegions(page: Document): Regions {
  const waiting = new Map<HTMLElement, HTMLElement>();
  let idle: (() => void) | undefined;

  const settle = (): void => {
    for (const [region, newer] of waiting) {
      if (region.isConnected && isInUse(region)) continue;
      waiting.delete(region);
      if (region.isConnected) showIn(region, newer);
    }
    if (idle === undefined || isInUse(page.body)) return;
    idle();
    idle = undefined;
  };
  // When a popover, a dialog or a field is left, the page still says that it is in use: look a moment later.
  for (const name of ['toggle', 'close', 'focusout', 'change', 'reset']) {
    page.addEventListener(name, () => setTimeout(settle), { capture: true });
  }

  return {
    show(next) {
      for (const region of page.querySelectorAll<HTMLElement>('[data-region]')) {
        const name = CSS.escape(region.dataset['region'] ?? '');
        const newer = next.querySelector<HTMLElement>(`[data-region="${name}"]`);
        if (newer !== null) waiting.set(region, newer);
      }
      settle();
    },
    whenIdle(then) {
      idle = then;
      settle();
    },
  };
}

function showIn(region: HTMLElement, newer: HTMLElement): void {
  const page = region.ownerDocument;
  const focused = page.activeElement;
  const hadFocus = focused !== null && region.contains(focused);
  exchange(region, newer);
  for (const field of region.querySelectorAll(FIELDS)) restore(field);
  // The button that was just used may be gone: whoever works by keyboard must not begin at the top again.
  if (hadFocus && !focused.isConnected) page.getElementById('main')?.focus({ preventScroll: true });
}

const FIELDS = 'input, textarea, select';

function isInUse(part: HTMLElement): boolean {
  if (part.querySelector(':popover-open, dialog[open]') !== null) return true;
  const { activeElement } = part.ownerDocument;
  return [...part.querySelectorAll(FIELDS)].some((field) => field === activeElement || hasChanged(field));
}

/** Whether a field holds something else than what the server sent. */
function hasChanged(field: Element): boolean {
  if (field instanceof HTMLSelectElement)
    return optionsOf(field).some(({ option, sent }) => option.selected !== sent);
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (!(field instanceof HTMLInputElement)) return false;
  return isBox(field) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

/** A field that somebody has typed in, and emptied again, does not follow what the server sends by itself any more. */
function restore(field: Element): void {
  if (!hasChanged(field)) return;
  if (field instanceof HTMLSelectElement)
    for (const { option, sent } of optionsOf(field)) option.selected = sent;
  else if (field instanceof HTMLTextAreaElement) field.value = field.defaultValue;
  else if (!(field instanceof HTMLInputElement)) return;
  else if (isBox(field)) field.checked = field.defaultChecked;
  else field.value = field.defaultValue;
}

function isBox({ type }: HTMLInputElement): boolean {
  return type === 'checkbox' || type === 'radio';
}

/** Without a `selected` attribute the first one is chosen, and no option says so. */
function optionsOf(select: HTMLSelectElement) {
  const options = [...select.options];
  const isPlain = !select.multiple && !options.some((option) => option.defaultSelected);
  return options.map((option, index) => ({ option, sent: isPlain ? index === 0 : option.defaultSelected }));
}
