import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { BUILDER_PATHS } from '../../../contracts/build-report.ts';
import type { FilesystemStore, ReceiveResult } from '../../../storage/filesystem.ts';
import { verifySignedPut } from '../../../storage/signed-url.ts';
import { problem } from '../../http/problem.ts';

export interface FolderUploadDependencies {
  readonly storage: Pick<FilesystemStore, 'receive'>;
  /** What the store signs its URLs with. */
  readonly secret: Uint8Array;
  readonly now: () => number;
}

/**
 * Takes the presigned PUTs of a folder store, as S3 takes its own: wrong bytes 400; another length or type, a
 * forged or expired URL 403; something there already 412. The body goes to the disk while it comes in.
 */
export function createFolderUpload(dependencies: FolderUploadDependencies): Hono<{ Bindings: HttpBindings }> {
  const { storage, secret, now } = dependencies;
  const app = new Hono<{ Bindings: HttpBindings }>();
  return app.put(`${BUILDER_PATHS.folderUpload}*`, async (context) => {
    const put = verifySignedPut(context.req.url, context.req.header(), now(), secret);
    if (!put.ok) return problem(context, 'upload_refused', put.message);
    const { incoming } = context.env;
    try {
      return answer(context, await storage.receive(put.key, incoming, put));
    } catch (error) {
      // The sender went away: nobody reads the answer, and nothing of ours has failed.
      if (incoming.destroyed && !incoming.complete) return problem(context, 'bad_request', BROKEN_OFF);
      throw error;
    }
  });
}

const BROKEN_OFF = 'The body broke off. Nothing was stored.';

function answer(context: Context, result: ReceiveResult): Response {
  switch (result) {
    case 'written':
      return context.body(null, 200);
    case 'exists':
      return problem(context, 'precondition_failed', 'The object is there already; it stays as it is.');
    case 'mismatch':
      return problem(context, 'bad_request', 'The SHA-256 of the body is not the announced one.');
  }
}
