import type { Interruption } from './decide-attempt-end.ts';

/** What stands as the launcher of an attempt that nobody launched: its uploader came by itself. */
export const UPLOAD_LAUNCHER = 'upload';

/** Why an upload ended without its uploader's word, for people. */
export function describeUploadEnd(interruption: Interruption, status: 'launching' | 'running'): string {
  if (interruption === 'canceled') return 'Canceled on request; the uploader did not answer any more.';
  if (interruption === 'released') return 'The uploader was told to stop. Upload the folder again.';
  if (status === 'launching')
    return 'The upload was asked for, but nobody began it in time. Upload the folder again.';
  return 'Nothing was heard of the uploader for too long: it was ended, or its connection broke. Upload the folder again.';
}
