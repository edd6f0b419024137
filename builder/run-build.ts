import type { CommitWords } from '../contracts/build-report.ts';
import type { SourceBuildSpec } from '../contracts/build-spec.ts';
import type { Manifest } from '../contracts/manifest.ts';
import type { FailureReason, Phase } from '../contracts/phases.ts';
import type { BuildTools, Step, Toolchain, UserCommand } from './build-tools.ts';
import type { BuildPlan } from './detect/detect-build.ts';
import { explainEnd } from './explain-end.ts';
import { formatDuration } from '../publish/format.ts';
import type { BuildLog } from './log/build-log.ts';
import type { PhaseClock } from '../publish/phase-clock.ts';
import type { PublishOrder, PublishResult } from '../publish/publish-output.ts';

export interface BuildContext {
  readonly spec: Pick<SourceBuildSpec, 'projectSlug' | 'source' | 'fork' | 'limits'>;
  readonly tools: BuildTools;
  readonly log: Pick<BuildLog, 'write' | 'say' | 'endCommand' | 'enterPhase'>;
  readonly clock: PhaseClock;
  readonly publish: (
    output: Pick<PublishOrder, 'sourceFolder' | 'outputFolder' | 'limits' | 'signal' | 'say'>,
  ) => Promise<PublishResult>;
  /** The commit is checked out. */
  readonly onCommit: (commit: CommitWords) => void;
  /** Ends the build early: canceled, handed back, or the app is gone. */
  readonly signal: AbortSignal;
}

export type BuildOutcome =
  | {
      readonly result: 'published';
      readonly manifest: Manifest;
      readonly framework: string | null;
      readonly filtersPaths: boolean;
    }
  | {
      readonly result: 'failed';
      readonly reason: FailureReason;
      readonly phase: Phase;
      readonly message: string;
    }
  | { readonly result: 'stopped' };

/**
 * Runs the phases in order: checkout (and plan), install, build, publish. Each is timed and tells in the log what
 * it does. Returns when nothing of the user's runs any more. Rejects only for bugs and broken machines.
 */
export async function runBuild(context: BuildContext): Promise<BuildOutcome> {
  const planned = await runPhase(context, 'checkout', () => checkOutAndPlan(context));
  if ('result' in planned) return planned;
  const plan = planned.value;
  const installed = await runPhase(context, 'install', () => install(context, plan));
  if ('result' in installed) return installed;
  const built = await runPhase(context, 'build', () => build(context, plan, installed.value));
  if ('result' in built) return built;
  const published = await runPhase(context, 'publish', () => publish(context, plan));
  if ('result' in published) return published;
  const { framework, filtersPaths } = plan;
  return { result: 'published', manifest: published.value, framework, filtersPaths };
}

type Ended = BuildOutcome & { readonly result: 'failed' | 'stopped' };

async function runPhase<T>(
  { log, clock, signal }: BuildContext,
  phase: Phase,
  work: () => Promise<Step<T>>,
): Promise<{ readonly value: T } | Ended> {
  if (signal.aborted) return { result: 'stopped' };
  clock.begin(phase);
  log.enterPhase(phase);
  const step = await work().catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  log.endCommand();
  const took = formatDuration(clock.end());
  // A publish that has ended well counts, even if the order to stop came in its last moment.
  if (step?.ok === true && (!signal.aborted || phase === 'publish')) {
    log.say(`Phase ${phase} took ${took}.`);
    return { value: step.value };
  }
  if (step === undefined || step.ok || signal.aborted) return { result: 'stopped' };
  log.say(`Phase ${phase} failed after ${took} (${step.reason}): ${step.message}`);
  return { result: 'failed', reason: step.reason, phase, message: step.message };
}

async function checkOutAndPlan({
  spec,
  tools,
  log,
  onCommit,
  signal,
}: BuildContext): Promise<Step<BuildPlan>> {
  const { commit, ref } = spec.source;
  log.say(`Deploying ${spec.projectSlug}: commit ${commit}${ref === null ? '' : ` of ${ref}`}.`);
  if (spec.fork !== undefined) log.say(sayFork(spec.fork));
  const checkedOut = await tools.checkout({ signal, onOutput: log.write });
  log.endCommand();
  if (!checkedOut.ok) return checkedOut;
  onCommit(checkedOut.value.commit);
  for (const note of checkedOut.value.notes) log.say(note);
  const plan = await tools.plan();
  if (plan.ok) for (const note of plan.value.notes) log.say(note);
  return plan;
}

function sayFork({ pullRequest, baseBranch }: NonNullable<SourceBuildSpec['fork']>): string {
  const from = baseBranch === null ? 'no offshoot.json' : `the offshoot.json of ${baseBranch}`;
  return `It comes from a fork, by pull request #${pullRequest}: it is built with ${from}, and without the environment variables of the project.`;
}

/** Undefined: there is no command at all, and so no need for a toolchain. */
async function install(context: BuildContext, plan: BuildPlan): Promise<Step<Toolchain | undefined>> {
  const { spec, tools, log, signal } = context;
  const { installCommand } = plan;
  if (installCommand === null && plan.buildCommand === null) return skip(log, 'install');
  const toolchain = await tools.prepareToolchain(plan, signal);
  if (!toolchain.ok) return toolchain;
  for (const note of toolchain.value.notes) log.say(note);
  if (installCommand === null) return { ...skip(log, 'install'), value: toolchain.value };
  const failure = await runUserCommand(context, {
    command: installCommand,
    workingDirectory: plan.rootDirectory,
    toolchain: toolchain.value,
    timeoutMs: spec.limits.installTimeoutMs,
    failed: 'install_failed',
  });
  return failure ?? toolchain;
}

async function build(
  context: BuildContext,
  plan: BuildPlan,
  toolchain: Toolchain | undefined,
): Promise<Step<undefined>> {
  const { spec, log } = context;
  if (plan.buildCommand === null || toolchain === undefined) return skip(log, 'build');
  const failure = await runUserCommand(context, {
    command: plan.buildCommand,
    workingDirectory: plan.rootDirectory,
    toolchain,
    timeoutMs: spec.limits.buildTimeoutMs,
    failed: 'build_failed',
  });
  return failure ?? { ok: true, value: undefined };
}

function skip(log: Pick<BuildLog, 'say'>, phase: 'install' | 'build'): { ok: true; value: undefined } {
  log.say(`There is no ${phase} command: nothing to do.`);
  return { ok: true, value: undefined };
}

type PhaseCommand = Pick<UserCommand, 'command' | 'workingDirectory' | 'toolchain' | 'timeoutMs'> & {
  readonly failed: 'install_failed' | 'build_failed';
};

/** Returns why the command failed the build, or undefined. */
async function runUserCommand(
  { tools, log, signal }: BuildContext,
  { failed, ...order }: PhaseCommand,
): Promise<Extract<Step<never>, { ok: false }> | undefined> {
  log.say(`$ ${order.command}`);
  const end = await tools.runCommand({ ...order, signal, onOutput: log.write });
  const explanation = explainEnd(order.command, end, failed);
  return explanation === undefined ? undefined : { ok: false, ...explanation };
}

async function publish(context: BuildContext, plan: BuildPlan): Promise<Step<Manifest>> {
  const { spec, tools, log, signal } = context;
  const { limits } = spec;
  const output = await tools.findOutput(plan);
  if (!output.ok) return output;
  const deadline = AbortSignal.timeout(limits.publishTimeoutMs);
  try {
    const bounded = AbortSignal.any([signal, deadline]);
    const result = await context.publish({ ...output.value, limits, signal: bounded, say: log.say });
    return result.ok ? { ok: true, value: result.manifest } : result;
  } catch (error) {
    if (!deadline.aborted) throw error;
    const limit = formatDuration(limits.publishTimeoutMs);
    const message = `Publishing was ended after ${limit}, its time limit. Make the output smaller, or ask the operator for a longer limit.`;
    return { ok: false, reason: 'timeout', message };
  }
}
