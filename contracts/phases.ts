import { z } from 'zod';

/** The phases of a build, in the order in which they run. */
export const PHASES = ['checkout', 'install', 'build', 'publish'] as const;
export const phaseSchema = z.enum(PHASES);
export type Phase = z.infer<typeof phaseSchema>;

/** Why a deployment failed. Stable codes: people script against them; docs explain each. */
export const FAILURE_REASONS = [
  'config_invalid',
  'clone_failed',
  'install_failed',
  'build_failed',
  'output_missing',
  'limit_exceeded',
  'out_of_memory',
  'timeout',
  'publish_failed',
  'lost',
  'launch_failed',
] as const;
export const failureReasonSchema = z.enum(FAILURE_REASONS);
export type FailureReason = z.infer<typeof failureReasonSchema>;

/** How long one phase took. Times are epoch milliseconds; `endedAt` is null while it runs. */
export const phaseTimingSchema = z.object({
  phase: phaseSchema,
  startedAt: z.number().int().nonnegative(),
  endedAt: z.number().int().nonnegative().nullable(),
});
export type PhaseTiming = z.infer<typeof phaseTimingSchema>;
