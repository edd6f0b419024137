import { z } from 'zod';
import { idSchema, sha256Schema } from './ids.ts';
import { failureReasonSchema } from './phases.ts';

/** An artifact that a host serves: which deployment, and the manifest's name in storage. */
export const servedSchema = z.object({ deploymentId: idSchema, manifest: sha256Schema });
export type Served = z.infer<typeof servedSchema>;

/**
 * What a host points at. `recent` are earlier deployments of this host whose hashed assets stay reachable,
 * newest first.
 */
export const targetSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('live'), live: servedSchema, recent: z.array(servedSchema).max(20) }),
  z.object({ state: z.literal('waiting'), deploymentId: idSchema }),
  z.object({ state: z.literal('failed'), deploymentId: idSchema, reason: failureReasonSchema }),
  z.object({ state: z.literal('blocked'), deploymentId: idSchema }),
  z.object({ state: z.literal('gone') }),
]);
export type Target = z.infer<typeof targetSchema>;

/**
 * A pointer: the projection of one alias row into storage, and all that the proxy knows of a host.
 * `version` rises with every change of the row, so an older projection never replaces a newer one.
 * `indexable` is false for previews (the proxy then says noindex).
 */
export const pointerSchema = z.object({
  label: z.string(),
  projectId: idSchema,
  version: z.number().int().positive(),
  indexable: z.boolean(),
  target: targetSchema,
});
export type Pointer = z.infer<typeof pointerSchema>;
