// A builder for launcher tests: it claims, does what the claim's answer says, and tells that it lives.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const url = process.env.OFFSHOOT_APP_URL;
const headers = {
  authorization: `Bearer ${process.env.OFFSHOOT_BUILD_TOKEN}`,
  'content-type': 'application/json',
};
const say = async (what, body) =>
  (await fetch(`${url}/${what}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();

const { behaviour } = await say('claim', { pid: process.pid, environment: process.env });
process.on('SIGTERM', async () => {
  if (behaviour === 'stubborn') return;
  await say('released', {});
  process.exit(0);
});
setInterval(() => say('alive', {}).catch(() => process.exit(1)), 50);

const behaviours = {
  run() {},
  stubborn() {},
  exit: () => process.exit(0),
  crash() {
    throw new Error('the test builder crashed as it was told to');
  },
  // What hostile or careless build scripts do: daemons in sessions of their own, files that resist.
  async daemons() {
    writeFileSync(`${process.env.OFFSHOOT_WORK_FOLDER}/leftover`, 'x');
    const uid = process.env.OFFSHOOT_BUILD_UID;
    const owner = uid === undefined ? {} : { uid: Number(uid), gid: Number(uid) };
    const env = { HOME: `${process.env.OFFSHOOT_WORK_FOLDER}/home` };
    const pids = [1, 2, 3].map(() => {
      const child = spawn('sleep', ['1000'], { ...owner, env, cwd: '/', detached: true, stdio: 'ignore' });
      child.unref();
      return child.pid;
    });
    await say('daemons', { pids });
    process.exit(0);
  },
};
await behaviours[behaviour]();
