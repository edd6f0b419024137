import { type Context, Hono } from 'hono';
import {
  BUILDER_PATHS,
  blobsRequestSchema,
  claimSchema,
  completeSchema,
  heartbeatSchema,
  uploadsRequestSchema,
} from '../../../contracts/build-report.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { announceBlobs } from '../../actions/announce-blobs.ts';
import { claimBuild, type ClaimBuildDependencies } from '../../actions/claim-build.ts';
import { completeBuild } from '../../actions/complete-build.ts';
import { presignUploads } from '../../actions/presign-uploads.ts';
import { recordHeartbeat } from '../../actions/record-heartbeat.ts';
import { type BuilderAuth, type BuilderEnv, createBuilderAuth, refuseOver } from '../../http/builder-auth.ts';
import { problem } from '../../http/problem.ts';
import { limitBody, readBody } from './read-body.ts';

export interface BuilderEndpointsDependencies extends ClaimBuildDependencies {
  readonly storage: Pick<BlobStore, 'presignPut' | 'sizeOf' | 'write'>;
}

/** A request of a thousand blobs or objects, with room. */
const MAX_BODY_BYTES = 1024 * 1024;
/** A manifest of 20,000 files with long paths, with room. */
const MAX_COMPLETE_BYTES = 32 * 1024 * 1024;

/**
 * What builders call (contracts/build-report.ts), but for their logs and uploads. Who asks is looked at before a
 * byte of the body is read: a stranger's body must not fill memory up to the bound.
 */
export function createBuilderEndpoints(dependencies: BuilderEndpointsDependencies): Hono<BuilderEnv> {
  const { db, policy } = dependencies;
  const { limits, leaseMs } = policy;
  const auth = createBuilderAuth(db);
  const limit = limitBody(MAX_BODY_BYTES);
  const app = new Hono<BuilderEnv>();

  app.post(BUILDER_PATHS.claim, auth.byToken, limit, async (context) => {
    const claim = await readBody(context, claimSchema);
    if (claim instanceof Response) return claim;
    const result = await claimBuild(context.get('builder'), claim.nonce, dependencies);
    if (result.outcome === 'over') return refuseOver(context);
    if (result.outcome === 'taken') return refuseTaken(context);
    if (result.outcome === 'later') return problem(context, 'unavailable', result.message);
    return context.json(result.spec);
  });

  app.post(BUILDER_PATHS.heartbeat, auth.whileOpen, limit, async (context) => {
    const heartbeat = await readBody(context, heartbeatSchema);
    if (heartbeat instanceof Response) return heartbeat;
    const result = await recordHeartbeat(context.get('builder'), heartbeat, { ...dependencies, leaseMs });
    return result.outcome === 'over' ? refuseOver(context) : context.json({ cancel: result.cancel });
  });

  app.post(BUILDER_PATHS.complete, auth.byNonce, limitBody(MAX_COMPLETE_BYTES), async (context) => {
    const complete = await readBody(context, completeSchema);
    if (complete instanceof Response) return complete;
    const result = await completeBuild(context.get('builder'), complete, { ...dependencies, limits });
    if (result.outcome === 'refused') return refuse(context, result.message);
    return result.outcome === 'over' ? refuseOver(context) : context.json({ accepted: true });
  });

  addBlobRoutes(app, auth, dependencies);
  return app;
}

/** What of an artifact is stored already, and where the rest may be sent. */
function addBlobRoutes(
  app: Hono<BuilderEnv>,
  auth: BuilderAuth,
  dependencies: BuilderEndpointsDependencies,
): void {
  const { limits } = dependencies.policy;
  const limit = limitBody(MAX_BODY_BYTES);

  app.post(BUILDER_PATHS.blobs, auth.whileOpen, limit, async (context) => {
    const request = await readBody(context, blobsRequestSchema);
    if (request instanceof Response) return request;
    const result = await announceBlobs(projectOf(context), request, dependencies);
    return result.outcome === 'refused' ? refuse(context, result.message) : context.json(result.reply);
  });

  app.post(BUILDER_PATHS.uploads, auth.whileOpen, limit, async (context) => {
    const request = await readBody(context, uploadsRequestSchema);
    if (request instanceof Response) return request;
    const result = await presignUploads(projectOf(context), request, { ...dependencies, limits });
    return result.outcome === 'refused' ? refuse(context, result.message) : context.json(result.reply);
  });
}

function projectOf(context: Context<BuilderEnv>): string {
  return context.get('builder').deployment.projectId;
}

function refuse(context: Context, message: string): Response {
  return problem(context, 'invalid_request', message);
}

function refuseTaken(context: Context): Response {
  return problem(context, 'conflict', 'Another builder has claimed this attempt. Stop.');
}
