import { join } from 'node:path';
import type { BuildSettings, SourceBuildSpec } from '../contracts/build-spec.ts';
import { checkout } from '../git/checkout.ts';
import type { CheckoutFailure, CheckoutOrder } from '../git/checkout-context.ts';
import { pickGitEnvironment } from '../git/run-git.ts';
import type { BuildTools, Step, Toolchain } from './build-tools.ts';
import { readBranchFile } from '../git/read-branch-file.ts';
import { type BuildPlan, configPathOf, detectBuild, type GivenConfig } from './detect/detect-build.ts';
import { findOutput } from './detect/find-output.ts';
import { checkForkSandbox } from './sandbox/check-fork-sandbox.ts';
import { probeSandbox } from './sandbox/probe-sandbox.ts';
import { removeTree } from '../machine/remove-tree.ts';
import { runCommand } from './sandbox/run-command.ts';
import { type BuildUser, makeWorkFolder, type Sandbox, type WorkFolder } from './sandbox/sandbox.ts';

/** A download cache is deleted when it holds more than this. */
const MAX_CACHE_BYTES = 2e9;

export interface ToolsContext {
  /** Absolute: this attempt's own folder, the toolchains of the machine, and the package downloads by project. */
  readonly workFolder: string;
  readonly toolchainFolder: string;
  readonly cacheFolder: string;
  /** Whom user commands run as; null when the builder is no root. */
  readonly user: BuildUser | null;
  /** The builder's own environment; each tool takes from it what it names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Unique among the builders of this machine. */
  readonly builderId: string;
}

/** Wires the real tools for one build. `close` removes all that it wrote, whatever the user's commands left there. */
export async function connectTools(
  context: ToolsContext,
  spec: SourceBuildSpec,
): Promise<{ tools: BuildTools; close: () => Promise<void> }> {
  const { user } = context;
  const folder = await makeWorkFolder(join(context.workFolder, 'build'), user);
  // Probing starts a process: it runs while the commit is fetched.
  const probing = probeSandbox({ user, useBubblewrap: true });
  probing.catch(() => {});
  const room: Room = { ...context, spec, folder, sandbox: () => probing, base: { config: undefined } };
  const tools: BuildTools = {
    checkout: (order) => checkOut(room, order),
    plan: () => plan(room),
    prepareToolchain: (found, signal) => prepare(room, found, signal),
    runCommand: (command) => run(room, command),
    findOutput: (found) => findOutputFolders(room, found),
  };
  return { tools, close: () => close(room) };
}

interface Room extends ToolsContext {
  readonly spec: SourceBuildSpec;
  readonly folder: WorkFolder;
  readonly sandbox: () => Promise<Sandbox>;
  /** What the checkout has brought besides, for a fork's commit. */
  readonly base: { config: GivenConfig | undefined };
}

async function checkOut(
  { user, environment, spec, folder, base }: Room,
  { signal, onOutput }: Parameters<BuildTools['checkout']>[0],
): ReturnType<BuildTools['checkout']> {
  const { source, limits, fork } = spec;
  const order: CheckoutOrder = {
    ...source,
    pullRequest: fork?.pullRequest ?? null,
    directory: folder.source,
    timeoutMs: limits.checkoutTimeoutMs,
    repositoryBytes: limits.repositoryBytes,
    environment: pickGitEnvironment(environment),
    signal,
    onOutput: (chunk) => void onOutput('stderr', chunk),
    ...(user === null ? {} : { user }),
  };
  const result = await checkout(order);
  if (result.ok) {
    if (fork !== undefined) {
      const config = await readBaseConfig(order, spec.settings, fork.baseBranch);
      if (!config.ok) return ofCheckout(config);
      base.config = config;
    }
    const { subject, author, warnings } = result;
    const notes = [`${JSON.stringify(subject)} by ${author}`, ...warnings];
    return { ok: true, value: { commit: { subject, author }, notes } };
  }
  return ofCheckout(result);
}

/** `canceled` is our own signal: run-build looks at that first, so the reason is never told. */
function ofCheckout(failure: CheckoutFailure): Step<never> {
  return { ...failure, reason: failure.reason === 'canceled' ? 'clone_failed' : failure.reason };
}

/** A stranger says what is built, and not how. */
async function readBaseConfig(
  order: CheckoutOrder,
  settings: BuildSettings,
  branch: string | null,
): ReturnType<typeof readBranchFile> {
  const path = configPathOf(settings);
  if (branch === null || path === undefined) return { ok: true, text: null };
  return readBranchFile(order, branch, path);
}

async function plan({ spec, folder, base }: Room): Promise<Step<BuildPlan>> {
  const detected = await detectBuild(folder.source, spec.settings, base.config);
  return detected.ok
    ? { ok: true, value: detected.plan }
    : { ok: false, reason: 'config_invalid', message: detected.message };
}

/** Imported here, because a site of plain files needs no toolchain. */
async function prepare(room: Room, plan: BuildPlan, signal: AbortSignal): Promise<Step<Toolchain>> {
  const { environment, now, builderId, spec, folder } = room;
  const [{ prepareToolchain }, { findOwnTools, thisPlatform }, { openPackageCache }, sandbox] =
    await Promise.all([
      import('./toolchain/toolchain.ts'),
      import('./toolchain/own-tools.ts'),
      import('./toolchain/package-cache.ts'),
      room.sandbox(),
    ]);
  const refused = checkForkSandbox(spec, sandbox);
  if (refused !== undefined) return { ok: false, reason: 'launch_failed', message: refused };
  const npm = await findOwnTools(environment);
  const options = { folder: room.toolchainFolder, platform: thisPlatform(), npm, builderId, now };
  const timeout = AbortSignal.timeout(spec.limits.installTimeoutMs);
  const deadline = AbortSignal.any([signal, timeout]);
  const prepared = await prepareToolchain(options, plan, deadline);
  if (!prepared.ok)
    return { ok: false, reason: timeout.aborted ? 'timeout' : 'install_failed', message: prepared.message };
  const manager = plan.packageManager;
  const projectFolder = join(room.cacheFolder, spec.projectId);
  const cache =
    manager === null
      ? null
      : await openPackageCache({
          projectFolder,
          work: folder,
          sandbox,
          manager,
          writable: spec.cacheWritable,
          signal: deadline,
        });
  const fetched =
    prepared.fetched.length === 0 ? [] : [`Fetched for this machine: ${prepared.fetched.join(', ')}.`];
  const notes = sandbox.whyPlain === null ? fetched : [...fetched, sandbox.whyPlain];
  return { ok: true, value: { toolchain: prepared.toolchain, cache, notes } };
}

async function run(
  { environment, spec, folder, sandbox }: Room,
  { toolchain, timeoutMs, ...command }: Parameters<BuildTools['runCommand']>[0],
) {
  const { memoryBytes, processes, diskBytes } = spec.limits;
  return await runCommand(await sandbox(), {
    ...command,
    folder,
    variables: spec.environment,
    builderEnvironment: environment,
    toolchain: toolchain.toolchain,
    cache: toolchain.cache,
    limits: { timeoutMs, memoryBytes, processes, diskBytes },
  });
}

async function findOutputFolders({ folder }: Room, plan: BuildPlan) {
  const found = await findOutput(folder.source, plan);
  if (!found.ok) return { ok: false, reason: 'output_missing', message: found.message } as const;
  const outputFolder = join(folder.source, found.folder);
  return { ok: true, value: { sourceFolder: folder.source, outputFolder } } as const;
}

async function close({ cacheFolder, user, spec, folder }: Room): Promise<void> {
  const { trimPackageCache } = await import('./toolchain/package-cache.ts');
  await removeTree(folder.root);
  await trimPackageCache(join(cacheFolder, spec.projectId), user, MAX_CACHE_BYTES);
}
