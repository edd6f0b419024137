/** How far a publish is. Bytes are those of the files themselves; their compressed forms are not counted. */
export interface PublishProgress {
  /** `hashing` reads every file of the folder; `uploading` sends the contents that storage does not have. */
  readonly step: 'hashing' | 'uploading';
  /** Files, or contents (equal files are one), of `total`. */
  readonly done: number;
  readonly total: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export type ReportProgress = (progress: PublishProgress) => void;

export interface Meter {
  /** Bytes on their way; negative when a try failed and they have to go again. */
  move(sizeBytes: number): void;
  /** One more is done. */
  finish(): void;
}

/** Counts one step, and reports each change, the beginning included. */
export function createMeter(
  start: Pick<PublishProgress, 'step' | 'total' | 'totalBytes'>,
  report: ReportProgress = () => {},
): Meter {
  let [done, doneBytes] = [0, 0];
  const tell = (): void => report({ ...start, done, doneBytes });
  tell();
  return {
    move(sizeBytes) {
      doneBytes += sizeBytes;
      tell();
    },
    finish() {
      done += 1;
      tell();
    },
  };
}
