import { createProcessLauncher, type ProcessLauncherOptions } from '../../app/builds/launchers/process.ts';

/** An app process that launches one builder, prints its handle, and waits to be killed. */
const { attemptId, ...options } = JSON.parse(process.argv[2] ?? '') as ProcessLauncherOptions & {
  attemptId: string;
};
let ids = 0;
const launcher = await createProcessLauncher({
  ...options,
  randomId: () => `host${process.pid}x${(ids += 1)}`,
  log: { warn: () => {} },
});
const result = await launcher.launch({ attemptId, token: `token-of-${attemptId}` });
process.stdout.write(JSON.stringify(result.launched ? result.handle : result));
setInterval(() => {}, 1000);
