// What `npm start` runs: everything on one machine. It starts the servers that no variable names, the app and the
// proxy, keeps them running, and stops them in order.
import { readlink } from 'node:fs/promises';
import path from 'node:path';
import { styleText } from 'node:util';
import { FIRST_BUILD_UID } from '../app/builds/launchers/slots.ts';
import { parseConfig as parseAppConfig } from '../app/config.ts';
import { describeSandbox } from '../builder/sandbox/describe-sandbox.ts';
import { probeSandbox } from '../builder/sandbox/probe-sandbox.ts';
import { ConfigError } from '../contracts/settings.ts';
import { parseConfig as parseProxyConfig } from '../proxy/config.ts';
import { type EmbeddedConfig, readConfig } from './config.ts';
import { explain, openDataFolder } from './data-folder.ts';
import { endLeftovers, openChildRecord } from './leftovers.ts';
import { askLoginLink } from './login-link.ts';
import { openStack, type Stack } from './stack.ts';
import { appEnvironment, type Credentials, proxyEnvironment, startAll, tokenFileOf } from './start-all.ts';
import { StartError } from './start-error.ts';
import { renderWelcome, type WelcomeFacts } from './welcome.ts';

/** npm repeats a Ctrl-C that the terminal has sent to us already: what comes so soon is no second one. */
const REPEATED_SIGNAL_MS = 500;

/** In place of what only the start makes: all other settings are checked before it. */
const UNKNOWN_YET: Credentials = {
  token: '-'.repeat(32),
  secretKey: Buffer.alloc(32).toString('base64'),
  databaseUrl: 'postgres://localhost',
  clickHouseUrl: 'http://localhost',
};

const told = Promise.withResolvers<void>();
let toldAt: number | undefined;
let stack: Stack | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal));
process.exit(await run());

function onSignal(signal: NodeJS.Signals): void {
  if (toldAt === undefined) {
    toldAt = Date.now();
    console.log('Stopping; once more to stop at once.');
    told.resolve();
  } else if (Date.now() - toldAt > REPEATED_SIGNAL_MS) {
    stack?.kill();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  }
}

/** Runs until a signal tells to stop. Returns the exit code. */
async function run(): Promise<number> {
  let dataFolder = '';
  try {
    const config = readConfig(process.env, process.cwd());
    dataFolder = config.dataFolder;
    checkSettings(config);
    await runIn(config);
    return 0;
  } catch (error) {
    if (toldAt !== undefined) return 0;
    const explained = explain(error, dataFolder);
    const isForPeople = explained instanceof StartError || explained instanceof ConfigError;
    console.error(isForPeople ? explained.message : explained);
    return 1;
  }
}

/** Before anything is started or made. Throws ConfigError that names all that is wrong. */
function checkSettings(config: EmbeddedConfig): void {
  const { token, secretKey, databaseUrl, clickHouseUrl } = config;
  const given = Object.entries({ token, secretKey, databaseUrl, clickHouseUrl }).filter(([, value]) => value);
  const credentials = { ...UNKNOWN_YET, ...Object.fromEntries(given) };
  parseAppConfig(appEnvironment(config, process.env, credentials));
  parseProxyConfig(proxyEnvironment(config, process.env));
}

async function runIn(config: EmbeddedConfig): Promise<void> {
  const startedAt = Date.now();
  const holdsServers = config.databaseUrl === undefined || config.clickHouseUrl === undefined;
  const folder = await openDataFolder(config.dataFolder, holdsServers);
  try {
    // Where several share the folder, each has a port of its own.
    const record = path.join(folder.path, holdsServers ? 'children.json' : `children-${config.port}.json`);
    await endLeftovers(record);
    stack = openStack({
      say: (sentence) => console.error(sentence),
      now: Date.now,
      started: openChildRecord(record).add,
    });
    await runStack(config, stack, startedAt);
  } finally {
    await folder.release();
  }
}

async function runStack(config: EmbeddedConfig, stack: Stack, startedAt: number): Promise<void> {
  const started = startAll(config, process.env, stack);
  try {
    const token = await Promise.race([started, told.promise.then(() => '')]);
    if (toldAt === undefined) console.log(await welcome(config, token, Date.now() - startedAt));
    await told.promise;
  } finally {
    await stack.stop();
    // What was being prepared (initdb) ends by itself, within a second.
    await started.catch(() => {});
  }
}

async function welcome(config: EmbeddedConfig, token: string, tookMs: number): Promise<string> {
  const facts = {
    config,
    tookMs,
    loginLink: await askLoginLink(config, token),
    tokenFile: tokenFileOf(config),
    // A link is there only when the database stands outside.
    databaseElsewhere: await readlink(path.join(config.dataFolder, 'postgres')).catch(() => undefined),
    sandbox: await sandbox(),
  };
  return renderWelcome(facts, (format, text) => styleText(format, text));
}

/** As the app starts builds: it warns, above, when there is no bubblewrap, and says what to install. */
async function sandbox(): Promise<WelcomeFacts['sandbox']> {
  const user = process.getuid?.() === 0 ? { uid: FIRST_BUILD_UID, gid: FIRST_BUILD_UID } : null;
  const found = await probeSandbox({ user, useBubblewrap: true });
  return { isSetUp: found.whyPlain === null, text: describeSandbox(found) };
}
