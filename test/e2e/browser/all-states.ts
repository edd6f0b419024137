import type { BuildGate } from '../../support/build-gate.ts';
import type { Files } from '../../support/git-repository.ts';
import type { GitServer } from '../../support/git-server.ts';
import { type Offshoot, waitFor } from '../../support/offshoot.ts';
import { answer, type WebhookReceiver } from '../../support/webhook-receiver.ts';

const ENOUGH_MS = 60_000;

/** Would run, were it ever markup. */
const MARKUP = '<img src=x onerror=globalThis.ran=1>';
/** What follows it is shown from right to left, unless the page keeps it to itself. */
const BACKWARDS = '\u202egnp.exe';
const LONG_WORD = 'supercalifragilisticexpialidocious'.repeat(5);

/** Strangers' text, in every place that they can write. */
export const HOSTILE = {
  projectName: `${MARKUP} ${BACKWARDS}`,
  /** Git takes these for names of branches. */
  branch: `feature/<img/src=x/onerror=globalThis.ran=1>/${BACKWARDS}`,
  longBranch: `fix/${LONG_WORD}`,
  subject: `${BACKWARDS} "><script>globalThis.ran=1</script>${MARKUP} ${LONG_WORD}`,
  author: `Eve" onfocus="globalThis.ran=1" autofocus ${BACKWARDS} <eve@example.com>`,
  hookName: `${MARKUP} ${BACKWARDS} ${LONG_WORD.slice(0, 40)}`,
  answer: `${MARKUP}\n${BACKWARDS}\n${LONG_WORD.repeat(3)}`,
} as const;

const COMMANDS = { 'package.json': '{}' };
const commands = (build: string) => JSON.stringify({ install: '', build, output: '.' });

const HOSTILE_LINES = [
  MARKUP,
  `Error: ${MARKUP}${BACKWARDS}`,
  `\u001b]8;;javascript:globalThis.ran=1\u0007a link\u001b]8;;\u0007`,
  `\u001b[31m</pre><script>globalThis.ran=1</script>`,
  LONG_WORD.repeat(20),
  '\u001b[2J\u001b]0;A title\u0007\u0000\u0007',
];

function hostileFiles(): Files {
  const build = `for (const line of ${JSON.stringify(HOSTILE_LINES)}) console.log(line);`;
  return {
    ...COMMANDS,
    'offshoot.json': commands('node build.cjs'),
    'build.cjs': build,
    'index.html': '<h1>Here</h1>',
    [`${MARKUP}.html`]: 'x',
    [`${BACKWARDS}.txt`]: 'x',
    [`${LONG_WORD}/${LONG_WORD}.css`]: 'x',
    [`a"b'c&d;.txt`]: 'x',
  };
}

/** Deployments by what they show. */
export interface States {
  readonly empty: string;
  readonly calm: string;
  readonly hostile: string;
  readonly busy: string;
  /** Of the stranger's project: one that has told of its deployments. */
  readonly webhook: string;
  readonly deployments: Readonly<
    Record<
      | 'ready'
      | 'older'
      | 'failed'
      | 'hostile'
      | 'hostileOlder'
      | 'refused'
      | 'building'
      | 'queued'
      | 'superseded'
      | 'canceled',
      string
    >
  >;
}

/** Where and with what it is brought about. */
export interface Stage {
  readonly offshoot: Offshoot;
  readonly git: GitServer;
  readonly gate: BuildGate;
  readonly receiver: WebhookReceiver;
}

/** Brings a whole Offshoot that runs one build at a time into every state that a page can show. */
export async function bringAbout({ offshoot, git, gate, receiver }: Stage): Promise<States> {
  const deployTo = async (slug: string, ref?: string) => (await offshoot.deploy(slug, ref)).id;
  const finish = async (slug: string, ref?: string) =>
    (await offshoot.waitForEnd(await deployTo(slug, ref), ENOUGH_MS)).id;

  const bare = git.createRepository('bare', { 'index.html': 'x' });
  const empty = (await offshoot.createProject({ gitUrl: bare.url, name: 'Nothing yet' })).slug;

  const garden = git.createRepository('garden', {
    ...COMMANDS,
    ...PAGES,
    'offshoot.json': commands('echo Built'),
  });
  const calm = (await offshoot.createProject({ gitUrl: garden.url, name: 'Garden' })).slug;
  const older = await finish(calm);
  garden.repository.commit(
    {
      ...COMMANDS,
      ...PAGES,
      'index.html': '<h1>Roses</h1>',
      'roses.html': 'x',
      'offshoot.json': commands('echo Built'),
    },
    { message: 'Plant roses', author: 'Ada Lovelace <ada@example.com>' },
  );
  const ready = await finish(calm);
  garden.repository.commit(
    { ...COMMANDS, 'offshoot.json': commands('node build.cjs'), 'build.cjs': 'throw new Error("no water")' },
    { message: 'Water the roses', branch: 'water' },
  );
  const failed = await finish(calm, 'water');

  const evil = git.createRepository('evil');
  evil.repository.commit(hostileFiles(), { message: HOSTILE.subject, author: HOSTILE.author });
  const hostile = (await offshoot.createProject({ gitUrl: evil.url, name: HOSTILE.projectName })).slug;
  const webhook = await makeNotifications(hostile, offshoot, receiver);
  await makeVariables(hostile, offshoot);
  const hostileOlder = await finish(hostile);
  evil.repository.commit(
    { ...hostileFiles(), [`${BACKWARDS}.new.txt`]: 'x' },
    { message: HOSTILE.subject, author: HOSTILE.author },
  );
  const bad = await finish(hostile);
  evil.repository.commit(
    { 'offshoot.json': JSON.stringify({ [`${MARKUP}${BACKWARDS}`]: LONG_WORD }) },
    { message: HOSTILE.subject, author: HOSTILE.author, branch: HOSTILE.branch },
  );
  const refused = await finish(hostile, HOSTILE.branch);
  evil.repository.commit(
    { 'offshoot.json': JSON.stringify({ root: `${MARKUP}${LONG_WORD}` }) },
    { message: HOSTILE.subject, author: HOSTILE.author, branch: HOSTILE.longBranch },
  );
  await finish(hostile, HOSTILE.longBranch);

  const works = git.createRepository('works');
  works.repository.commit(
    { ...COMMANDS, 'offshoot.json': commands('node build.cjs'), 'build.cjs': waitingBuild(gate, git) },
    { message: 'Count to a million' },
  );
  const busy = (await offshoot.createProject({ gitUrl: works.url, name: 'Works' })).slug;
  const building = await deployTo(busy);
  await waitFor('a build that waits', ENOUGH_MS, async () =>
    (await offshoot.log(building)).some(({ text }) => text.startsWith('Counting')) ? true : undefined,
  );
  const next = (message: string) =>
    works.repository.commit({ 'index.html': message }, { branch: 'next', message, parents: [] });
  next('A first try');
  const superseded = await deployTo(busy, 'next');
  next('A second try');
  const queued = await deployTo(busy, 'next');
  works.repository.commit({ 'index.html': 'x' }, { branch: 'other', message: 'Another idea' });
  const canceled = await deployTo(busy, 'other');
  await offshoot.call('POST', `/api/deployments/${canceled}/cancel`);

  return {
    empty,
    calm,
    hostile,
    busy,
    webhook,
    deployments: {
      ready,
      older,
      failed,
      hostile: bad,
      hostileOlder,
      refused,
      building,
      queued,
      superseded,
      canceled,
    },
  };
}

/** A hook and a webhook of a stranger, which has been tried. */
async function makeNotifications(
  slug: string,
  offshoot: Offshoot,
  receiver: WebhookReceiver,
): Promise<string> {
  const create = async (what: string, body: object) => {
    const { status, body: made } = await offshoot.call<{ id: string }>(
      'POST',
      `/api/projects/${slug}/${what}`,
      body,
    );
    if (status >= 400) throw new Error(`${what} of a stranger: ${JSON.stringify(made)}`);
    return made.id;
  };
  await create('deploy-hooks', { name: HOSTILE.hookName });
  // An answer after which there is no other try.
  receiver.next(answer(410, HOSTILE.answer));
  const url = `${receiver.origin}/${encodeURIComponent(MARKUP)}/${LONG_WORD}`;
  const webhook = await create('webhooks', { url });
  await create(`webhooks/${webhook}/ping`, {});
  await waitFor('a webhook that was told', ENOUGH_MS, async () =>
    receiver.received.length > 0 ? true : undefined,
  );
  return webhook;
}

/** The longest name that there may be, and a stranger's branch. */
async function makeVariables(slug: string, offshoot: Offshoot): Promise<void> {
  const places = { ['X'.repeat(128)]: {}, TOKEN: { environment: 'preview', branch: HOSTILE.branch } };
  for (const [name, place] of Object.entries(places)) {
    const path = `/api/projects/${slug}/environment-variables/${name}`;
    const { status, body } = await offshoot.call('PUT', path, { value: MARKUP, ...place });
    if (status !== 201) throw new Error(`a variable of a stranger: ${JSON.stringify(body)}`);
  }
}

const PAGES = {
  'index.html': '<h1>A garden</h1>',
  'style.css': 'body { color: green }',
  'herbs/index.html': '<h1>Herbs</h1>',
};

export const BUILD_GATE = 'works';

function waitingBuild(gate: BuildGate, git: GitServer): string {
  return `(async () => { console.log('Counting to a million'); ${gate.wait(git.url, BUILD_GATE)} })();`;
}
