import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { install } from '../installations.ts';
import { checkManifest, createApp } from '../manifest.ts';
import type { Manifest } from '../manifest.ts';
import { findRepository, findUser, fullNameOf } from '../state.ts';
import type { Repository } from '../state.ts';
import type { World } from '../world.ts';
import {
  commitPage,
  homePage,
  installPage,
  layout,
  manifestPage,
  newAppPage,
  pullPage,
  repositoryPage,
} from './pages.ts';
import { addSignIn } from './sign-in.ts';
import type { Person } from './sign-in.ts';

type Env = { Bindings: HttpBindings };
type Raw = Context<Env>;

const CODE_LIFE_MS = 3_600_000;

/** The host that people open: pages, the making of an App from a manifest, its installation, and sign-in. */
export function createWeb(world: World, person: Person): Hono<Env> {
  const app = new Hono<Env>();
  addSignIn(app, world, person);
  for (const path of ['/settings/apps/new', '/organizations/:organization/settings/apps/new']) {
    app.get(path, (c) => c.html(newAppPage()));
    app.post(path, (c) => showManifest(person, c));
  }
  app.post('/settings/apps', (c) => createFromManifest(world, c));
  app.get('/apps/:slug/installations/new', (c) => showInstall(world, c));
  app.post('/apps/:slug/installations/new', (c) => installFor(world, c));
  app.get('/', (c) => c.html(homePage(world.state)));
  app.get('/:owner/:name', (c) => showRepository(world, c, (found) => repositoryPage(found)));
  app.get('/:owner/:name/commit/:sha', (c) =>
    showRepository(world, c, (found) => commitPage(found, c.req.param('sha') ?? '')),
  );
  app.get('/:owner/:name/pull/:number', (c) =>
    showRepository(world, c, (found) => {
      const pull = found.pulls.get(Number(c.req.param('number')));
      return pull && pullPage(pull);
    }),
  );
  app.notFound((c) => nothingHere(c));
  return app;
}

const nothingHere = (c: Raw) => c.html(layout('This is not the page you are looking for', ''), 404);

type Page = ReturnType<typeof layout>;

/** Renamed repositories are where they are now. */
function showRepository(world: World, c: Raw, render: (repository: Repository) => Page | undefined) {
  const { owner = '', name = '' } = c.req.param() as Record<string, string>;
  const found = findRepository(world.state, `${owner}/${name}`);
  if (found === undefined) return redirectRenamed(world, c, `${owner}/${name}`);
  const page = render(found);
  return page === undefined ? nothingHere(c) : c.html(page);
}

function redirectRenamed({ state, urls }: World, c: Raw, fullName: string) {
  const moved = state.repositories.get(state.formerNames.get(fullName.toLowerCase()) ?? 0);
  if (moved === undefined) return nothingHere(c);
  const rest = c.req.path
    .split('/')
    .slice(3)
    .map((part) => `/${part}`)
    .join('');
  return c.redirect(`${urls.web}/${fullNameOf(moved)}${rest}`, 301);
}

async function showManifest({ user }: Person, c: Raw) {
  const { manifest } = await c.req.parseBody();
  const { parsed, problems } = readManifest(manifest);
  const owner = c.req.param('organization') ?? user.login;
  const page = manifestPage(JSON.stringify(parsed), c.req.query('state') ?? '', owner, problems);
  return c.html(page, problems.length > 0 ? 422 : 200);
}

function readManifest(text: unknown): { parsed: Manifest; problems: string[] } {
  try {
    const parsed = JSON.parse(String(text)) as Manifest;
    return { parsed, problems: checkManifest(parsed) };
  } catch {
    return { parsed: {}, problems: ['Manifest is not valid JSON'] };
  }
}

/** The button was pressed: back to whoever sent the manifest, with a code for the credentials. */
async function createFromManifest(world: World, c: Raw) {
  const form = await c.req.parseBody<Record<string, string>>();
  const { parsed, problems } = readManifest(form['manifest']);
  const owner = findUser(world.state, form['owner'] ?? '');
  const named = { ...parsed, name: form['name'] ?? parsed.name ?? '' };
  const all = [...problems, ...(owner === undefined ? ['Owner is not known here'] : [])];
  if (owner === undefined || all.length > 0) return c.html(manifestPage('{}', '', '', all), 422);
  const app = createApp(world, owner, named);
  const code = world.token('manifest');
  world.state.manifestCodes.set(code, { app, expiresAtMs: world.now() + CODE_LIFE_MS });
  const target = new URL(app.redirectUrl ?? app.externalUrl);
  target.searchParams.set('code', code);
  if (form['state']) target.searchParams.set('state', form['state']);
  return c.redirect(target.href);
}

function showInstall({ state }: World, c: Raw) {
  if (state.app === null || state.app.slug !== c.req.param('slug')) return nothingHere(c);
  const logins = [...state.users.values()].filter(({ type }) => type !== 'Bot').map(({ login }) => login);
  return c.html(installPage(state.app, logins));
}

/** Then to the App's setup page, when it has one. */
async function installFor(world: World, c: Raw) {
  const { app } = world.state;
  const account = findUser(world.state, (await c.req.parseBody<Record<string, string>>())['account'] ?? '');
  if (app === null || account === undefined) return nothingHere(c);
  const { id } = install(world, account, 'all');
  if (app.setupUrl === null) return c.html(layout(`${app.name} is installed for ${account.login}`, ''));
  const target = new URL(app.setupUrl);
  target.searchParams.set('installation_id', String(id));
  target.searchParams.set('setup_action', 'install');
  return c.redirect(target.href);
}
