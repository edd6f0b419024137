import type { TimeStyle } from './time.ts';

/** How somebody has their logs shown. */
export interface LogPreferences {
  readonly isWrapped: boolean;
  readonly times: TimeStyle;
}

const KEY = 'offshoot-log';
const STYLES: readonly string[] = ['none', 'elapsed', 'clock'] satisfies TimeStyle[];

/** The controls begin as they were left last time. Returns what they say. */
export function followPreferences(
  part: (name: string) => HTMLElement,
  storage: () => Storage,
  onChange: () => void,
): () => LogPreferences {
  const wrap = part('wrap') as HTMLInputElement;
  const times = part('times') as HTMLSelectElement;
  let preferences = read(storage);
  [wrap.checked, times.value] = [preferences.isWrapped, preferences.times];
  const change = (): void => {
    preferences = { isWrapped: wrap.checked, times: times.value as TimeStyle };
    keep(storage, preferences);
    onChange();
  };
  wrap.addEventListener('change', change);
  times.addEventListener('change', change);
  return () => preferences;
}

/** Browsers may forbid to keep anything: then it is as at first. */
function read(storage: () => Storage): LogPreferences {
  try {
    const kept = JSON.parse(storage().getItem(KEY) ?? '{}') as Record<string, unknown>;
    const times = STYLES.includes(kept['times'] as string) ? (kept['times'] as TimeStyle) : 'none';
    return { isWrapped: kept['isWrapped'] === true, times };
  } catch {
    return { isWrapped: false, times: 'none' };
  }
}

function keep(storage: () => Storage, preferences: LogPreferences): void {
  try {
    storage().setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A log can be read without.
  }
}
