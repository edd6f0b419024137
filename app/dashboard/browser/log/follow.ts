/** Whether the end of a growing log is kept in view: until a person scrolls up, and again when they are back. */
export interface LogFollow {
  isOn(): boolean;
  stop(): void;
  onScroll(direction: 'up' | 'down', isAtEnd: boolean): void;
  /** After lines have come; `isGrowing` while more may. */
  update(count: number, isGrowing: boolean): void;
}

/** The button says what was missed and goes to it. */
export function createFollow(button: HTMLElement, isOnAtFirst: boolean, schedule: () => void): LogFollow {
  let isOn = isOnAtFirst;
  let count = 0;
  let seen = 0;
  let isGrowing = false;

  function show(): void {
    button.hidden = isOn || !isGrowing;
    const missed = count - seen;
    const words = missed === 1 ? '1 new line' : `${missed.toLocaleString('en')} new lines`;
    const text = missed === 0 ? 'Follow' : `Follow · ${words}`;
    if (button.textContent !== text) button.textContent = text;
  }
  function set(next: boolean): void {
    if (isOn === next) return;
    [isOn, seen] = [next, count];
    show();
    schedule();
  }
  button.addEventListener('click', () => set(true));

  return {
    isOn: () => isOn,
    stop: () => set(false),
    onScroll(direction, isAtEnd) {
      if (isAtEnd) set(true);
      else if (direction === 'up') set(false);
    },
    update(nextCount, nextIsGrowing) {
      [count, isGrowing] = [nextCount, nextIsGrowing];
      if (isOn) seen = count;
      show();
    },
  };
}
