import { probeSandbox } from '../../builder/sandbox/probe-sandbox.ts';
import { runCommand } from '../../builder/sandbox/run-command.ts';
import type { BuildUser, WorkFolder } from '../../builder/sandbox/sandbox.ts';

/** A program for tests that kill a builder: runs one command in the sandbox. Its argument is an Order as JSON. */
interface Order {
  readonly user: BuildUser | null;
  readonly folder: WorkFolder;
  readonly toolchain: string;
  readonly command: string;
}

const { user, folder, toolchain, command } = JSON.parse(process.argv[2] ?? '') as Order;
await runCommand(await probeSandbox({ user, useBubblewrap: true }), {
  command,
  folder,
  workingDirectory: '',
  variables: {},
  builderEnvironment: {},
  toolchain: { folder: toolchain, binFolders: [] },
  cache: null,
  limits: { timeoutMs: 60_000, memoryBytes: 500e6, processes: 100, diskBytes: 100e6 },
  onOutput: () => undefined,
  signal: new AbortController().signal,
});
