// `npm run demo`: Offshoot, and a GitHub on this machine that it is connected to. Plays the whole story of a pull request
// and stays up, to be looked at and pushed to. `npm run demo -- --once` plays it, checks each status, comment and page,
// and ends: 0 when all was as promised.
import { parseArgs, styleText } from 'node:util';
import { FIRST_BUILD_UID } from '../app/builds/launchers/slots.ts';
import { probeSandbox } from '../builder/sandbox/probe-sandbox.ts';
import { type GitHub, startGitHub } from '../test/support/github/github.ts';
import { type Offshoot, startOffshoot } from '../test/support/offshoot.ts';
import { openStage, type Stage } from './stage.ts';
import { playStory, type Told } from './story.ts';
import { BrokenPromise } from './wait.ts';
import { watchGitHub } from './watch.ts';

const stopped = Promise.withResolvers<void>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.resolve());
process.exit(await run());

/** Returns the exit code. */
async function run(): Promise<number> {
  const isOnce = readOnce();
  if (isOnce === undefined) return 2;
  const github = await startGitHub({ isEnterprise: true, checkPacing: true });
  try {
    const offshoot = await connectOffshoot(github);
    try {
      const stage = openStage({ github, offshoot, say, canBuildForks: await hasSandbox() });
      const told = await Promise.race([play(stage), stopped.promise]);
      if (told === undefined) return 130;
      if (!isOnce) await stayUp(stage, told);
      return 0;
    } finally {
      await offshoot.dispose();
    }
  } catch (error) {
    console.error(error instanceof BrokenPromise ? error.message : error);
    return 1;
  } finally {
    await github.close();
  }
}

function readOnce(): boolean | undefined {
  try {
    return parseArgs({ options: { once: { type: 'boolean', default: false } } }).values.once;
  } catch (error) {
    console.error(`${String(error)}\nUsage: npm run demo [-- --once]`);
    return undefined;
  }
}

async function connectOffshoot(github: GitHub): Promise<Offshoot> {
  const { id, privateKey, webhookSecret } = github.app;
  const offshoot = await startOffshoot({
    environment: {
      APP_ID: String(id),
      PRIVATE_KEY: privateKey,
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_API_URL: `${github.webUrl}/api/v3`,
    },
  });
  github.hookTo(`http://127.0.0.1:${offshoot.appPort}/api/github/webhooks`);
  return offshoot;
}

/** As the app finds out at its start. */
async function hasSandbox(): Promise<boolean> {
  const user = process.getuid?.() === 0 ? { uid: FIRST_BUILD_UID, gid: FIRST_BUILD_UID } : null;
  return (await probeSandbox({ user, useBubblewrap: true })).kind === 'bubblewrap';
}

/** Tells the story while it happens, and checks it. */
async function play(stage: Stage): Promise<Told> {
  const startedAt = Date.now();
  const stopWatching = watchGitHub(stage.github, (line) => console.log(styleText('dim', `  ${line}`)));
  try {
    const told = await playStory(stage);
    await stage.github.settled();
    const { violations } = stage.github;
    if (violations.length > 0)
      throw new BrokenPromise(`GitHub’s rules were broken: ${JSON.stringify(violations)}`);
    const { statuses, comments, pages } = stage.counts();
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    console.log(
      styleText(
        'green',
        `\nAs promised: ${statuses} statuses, ${comments} comments and ${pages} pages, in ${seconds} s.`,
      ),
    );
    return told;
  } finally {
    stopWatching();
  }
}

async function stayUp({ github, offshoot }: Stage, told: Told): Promise<void> {
  const { body } = await offshoot.call<{ url: string }>('POST', '/api/login-links');
  const { repository, pull, productionUrl, previewUrl } = told;
  const places = {
    'The pull request': `${github.webUrl}/ada/shop/pull/${pull.number}`,
    'Its preview': previewUrl,
    Production: productionUrl,
    Dashboard: `${body.url} (signs you in, once)`,
    'Push yourself': `git clone ${github.cloneUrl(repository, repository.owner)}`,
  };
  console.log('\nLook at it, and push to it. Ctrl-C ends all of it and leaves nothing behind.\n');
  for (const [name, place] of Object.entries(places))
    console.log(`  ${`${name}:`.padEnd(18)}${styleText('cyan', place)}`);
  await stopped.promise;
}

function say(sentence: string): void {
  console.log(`\n${styleText('bold', sentence)}`);
}
