#!/usr/bin/env node
// The command `offshoot`, in plain JavaScript that any Node can read: it starts the Node that package.json pins, which
// reads TypeScript, on the command line's program. It finds both next to itself, through the links that npm makes.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = dirname(realpathSync(fileURLToPath(import.meta.url)));
const repository = dirname(folder);
const program = join(folder, 'main.ts');
const node = join(repository, 'node_modules', 'node', 'bin', 'node');

if (!existsSync(node)) {
  process.stderr.write(
    `Offshoot's own Node is missing (${node}): run \`npm ci\` in ${repository}.\n` +
      `If you did, npm was told to skip install scripts: run \`npm rebuild node\` there.\n`,
  );
  process.exitCode = 1;
} else if (realpathSync(node) === realpathSync(process.execPath)) {
  // Within `npx` this is the pinned Node already: a second one would only cost time.
  process.argv[1] = program;
  await import(pathToFileURL(program).href);
} else {
  runPinned();
}

function runPinned() {
  const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child from the terminal as well; it knows a repeated signal by its time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`Offshoot's own Node did not start (${node}): ${error.message}\n`);
    process.exitCode = 1;
  });
  // After a signal, the code that a shell would say: a signal of ours would be caught by our own listeners.
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
}
