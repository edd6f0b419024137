import type { TimeStyle } from './log-time.ts';

export interface LogPreferences {
  readonly isWrapped: boolean;
  readonly times: TimeStyle;
}

const KEY = 'offshoot-log';
const STYLES: readonly string[] = ['none', 'elapsed', 'clock'] satisfies TimeStyle[];

/** How somebody last had their logs shown. Browsers may forbid to keep anything: then it is as at first. */
export function readPreferences(storage: () => Storage): LogPreferences {
  try {
    const kept = JSON.parse(storage().getItem(KEY) ?? '{}') as Record<string, unknown>;
    const times = STYLES.includes(kept['times'] as string) ? (kept['times'] as TimeStyle) : 'none';
    return { isWrapped: kept['isWrapped'] === true, times };
  } catch {
    return { isWrapped: false, times: 'none' };
  }
}

export function keepPreferences(storage: () => Storage, preferences: LogPreferences): void {
  try {
    storage().setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A log can be read without.
  }
}
