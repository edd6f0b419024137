// Stands between Offshoot and a server that does not notice when its parent is gone (PostgreSQL): runs it,
// and stops it when standard input closes, which it does however the parent ended.
// Argument: one KeeperOrder as JSON.
import { spawn } from 'node:child_process';
import process from 'node:process';
import type { KeeperOrder } from './keeper-order.ts';

const order = JSON.parse(process.argv[2] ?? '') as KeeperOrder;
const server = spawn(order.command, order.args, {
  cwd: order.cwd,
  env: order.env,
  stdio: ['ignore', 'ignore', 'inherit'],
  ...(order.user === null ? {} : { uid: order.user.uid, gid: order.user.gid }),
});

server.on('error', (error) => {
  process.stderr.write(`${order.command} could not be started: ${error.message}\n`);
  process.exit(1);
});
server.on('exit', (code) => process.exit(code ?? 1));

let stopping = false;
function stopServer(): void {
  if (stopping) return;
  stopping = true;
  for (const { signal, afterMs } of order.stopSignals) setTimeout(() => server.kill(signal), afterMs);
}
process.stdin.on('error', stopServer).on('close', stopServer).resume();
