import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import { NONCE_HEADER } from '../../contracts/build-report.ts';
import { TOKEN } from '../../test/support/api-room.ts';
import type { ApiAnswer, ApiCall } from '../../test/support/api-client.ts';
import { openShopRoom, type ShopRoom } from '../../test/support/sign-in-room.ts';
import { projects } from '../db/schema.ts';
import { isKnownRoute, ROUTE_RIGHTS } from './route-rights.ts';

const CALLERS = [
  'nobody',
  'signed in without access',
  'read',
  'write',
  'admin',
  'administrator’s token',
  'builder’s token',
] as const;
type CallerName = (typeof CALLERS)[number];

/** What each of them is answered, in the same order: a status of refusal, or `yes` for whatever the route itself says. */
type Answers = `${string} ${string} ${string} ${string} ${string} ${string} ${string}`;

const OPEN: Answers = 'yes yes yes yes yes yes yes';
/** Open to the guards; the route itself asks for another proof. */
const OF_BUILDERS: Answers = '401 401 401 401 401 401 yes';
const SIGNED: Answers = '403 403 403 403 403 403 403';
const SIGNED_IN: Answers = '401 yes yes yes yes yes 401';
const SEE: Answers = '401 404 yes yes yes yes 401';
const DEPLOY: Answers = '401 404 403 yes yes yes 401';
const MANAGE: Answers = '401 404 403 403 yes yes 401';
const ADMINISTRATOR: Answers = '401 403 403 403 403 yes 401';

/** Every route that there is. It knows nothing of route-rights.ts, so that a slip there shows here. */
const EXPECTED: Readonly<Record<string, Answers>> = {
  'GET /healthz': OPEN,
  'GET /openapi.json': OPEN,
  'GET /api': OPEN,
  'GET /assets/:version/:name{.+}': OPEN,
  'GET /login': OPEN,
  'POST /login': OPEN,
  'GET /login/github': OPEN,
  'GET /login/github/callback': OPEN,
  'GET /login/:token': OPEN,
  'POST /api/hooks/:token': OPEN,
  'POST /api/github/webhooks': OPEN,
  'PUT /api/storage/*': SIGNED,
  'POST /api/builder/claim': OF_BUILDERS,
  'POST /api/builder/heartbeat': OF_BUILDERS,
  'POST /api/builder/complete': OF_BUILDERS,
  'POST /api/builder/blobs': OF_BUILDERS,
  'POST /api/builder/uploads': OF_BUILDERS,
  'POST /api/builder/logs': OF_BUILDERS,

  'GET /': SIGNED_IN,
  'GET /live/': SIGNED_IN,
  'GET /api/projects': SIGNED_IN,
  'GET /api/deployments': SIGNED_IN,

  'GET /api/projects/:slug': SEE,
  'GET /api/projects/:slug/aliases': SEE,
  'GET /api/projects/:slug/deployments': SEE,
  'GET /api/deployments/:id': SEE,
  'GET /logs/:id': SEE,
  'GET /projects/:slug': SEE,
  'GET /live/projects/:slug': SEE,
  'GET /projects/:slug/deployments': SEE,
  'GET /live/projects/:slug/deployments': SEE,
  'GET /deployments/:id': SEE,
  'GET /live/deployments/:id': SEE,
  'GET /deployments/:id/files': SEE,
  'GET /deployments/:id/log': SEE,
  'GET /live/deployments/:id/log': SEE,

  'POST /api/projects/:slug/deployments': DEPLOY,
  'POST /api/projects/:slug/uploads': DEPLOY,
  'PATCH /api/deployments/:id': DEPLOY,
  'POST /api/deployments/:id/approve': DEPLOY,
  'POST /api/deployments/:id/cancel': DEPLOY,
  'POST /api/deployments/:id/redeploy': DEPLOY,
  'POST /api/deployments/:id/promote': DEPLOY,
  'POST /projects/:slug/deployments': DEPLOY,
  'POST /deployments/:id/approve': DEPLOY,
  'POST /deployments/:id/cancel': DEPLOY,
  'POST /deployments/:id/redeploy': DEPLOY,
  'POST /deployments/:id/promote': DEPLOY,
  'POST /deployments/:id/pin': DEPLOY,
  'POST /deployments/:id/unpin': DEPLOY,

  'PATCH /api/projects/:slug': MANAGE,
  'DELETE /api/projects/:slug': MANAGE,
  'POST /api/projects/:slug/deploy-hooks': MANAGE,
  'GET /api/projects/:slug/deploy-hooks': MANAGE,
  'DELETE /api/projects/:slug/deploy-hooks/:id': MANAGE,
  'POST /api/projects/:slug/webhooks': MANAGE,
  'GET /api/projects/:slug/webhooks': MANAGE,
  'PATCH /api/projects/:slug/webhooks/:id': MANAGE,
  'DELETE /api/projects/:slug/webhooks/:id': MANAGE,
  'POST /api/projects/:slug/webhooks/:id/ping': MANAGE,
  'GET /api/projects/:slug/webhooks/:id/deliveries': MANAGE,
  'GET /api/projects/:slug/webhooks/:id/deliveries/:delivery': MANAGE,
  'POST /api/projects/:slug/webhooks/:id/deliveries/:delivery/redeliver': MANAGE,
  'GET /api/projects/:slug/environment-variables': MANAGE,
  'POST /api/projects/:slug/environment-variables': MANAGE,
  'PUT /api/projects/:slug/environment-variables/:name': MANAGE,
  'DELETE /api/projects/:slug/environment-variables/:name': MANAGE,
  'GET /projects/:slug/environment': MANAGE,
  'GET /live/projects/:slug/environment': MANAGE,
  'POST /projects/:slug/environment': MANAGE,
  'GET /projects/:slug/environment/import': MANAGE,
  'POST /projects/:slug/environment/import': MANAGE,
  'POST /projects/:slug/environment/:id/delete': MANAGE,
  'GET /projects/:slug/notifications': MANAGE,
  'GET /live/projects/:slug/notifications': MANAGE,
  'GET /projects/:slug/notifications/deploy-hooks': MANAGE,
  'POST /projects/:slug/notifications/deploy-hooks': MANAGE,
  'POST /projects/:slug/notifications/deploy-hooks/:id/delete': MANAGE,
  'GET /projects/:slug/notifications/webhooks': MANAGE,
  'POST /projects/:slug/notifications/webhooks': MANAGE,
  'GET /projects/:slug/notifications/webhooks/:id': MANAGE,
  'GET /live/projects/:slug/notifications/webhooks/:id': MANAGE,
  'POST /projects/:slug/notifications/webhooks/:id/test': MANAGE,
  'POST /projects/:slug/notifications/webhooks/:id/delete': MANAGE,
  'POST /projects/:slug/notifications/webhooks/:id/deliveries/:delivery/redeliver': MANAGE,
  'GET /projects/:slug/settings': MANAGE,
  'POST /projects/:slug/settings': MANAGE,
  'GET /projects/:slug/delete': MANAGE,
  'POST /projects/:slug/delete': MANAGE,

  'POST /api/projects': ADMINISTRATOR,
  'GET /new': ADMINISTRATOR,
  'POST /new': ADMINISTRATOR,
  'POST /api/login-links': ADMINISTRATOR,
  'GET /setup': ADMINISTRATOR,
  'GET /setup/github': ADMINISTRATOR,
  'POST /setup/forget': ADMINISTRATOR,
  'GET /api/github/deliveries': ADMINISTRATOR,
  'GET /api/github/deliveries/:guid': ADMINISTRATOR,
  'POST /api/github/deliveries/:guid/replay': ADMINISTRATOR,
  'GET /github/deliveries': ADMINISTRATOR,
  'GET /live/github/deliveries': ADMINISTRATOR,
  'GET /github/deliveries/:guid': ADMINISTRATOR,
  'POST /github/deliveries/:guid/replay': ADMINISTRATOR,

  // At the end, since it ends the session.
  'POST /logout': SIGNED_IN,
};

const LOGINS = {
  'signed in without access': 'eve',
  read: 'rita',
  write: 'will',
  admin: 'adam',
} as const;

/** Four people sign in before the first row, and each row is seven requests. */
const TIMEOUT_MS = 120_000;

type Send = (method: string, path: string, call: ApiCall) => Promise<ApiAnswer>;

let room: ShopRoom;
let senders: Readonly<Record<CallerName, Send>>;

beforeAll(async () => {
  room = await openShopRoom();
  senders = {
    nobody: sendWith({}),
    'signed in without access': await sendAs(LOGINS['signed in without access']),
    read: await sendAs(LOGINS.read),
    write: await sendAs(LOGINS.write),
    admin: await sendAs(LOGINS.admin),
    'administrator’s token': sendWith({ authorization: `Bearer ${TOKEN}` }),
    'builder’s token': await sendAsBuilder(),
  };
}, TIMEOUT_MS);
afterAll(() => room.dispose());

async function sendAs(login: string): Promise<Send> {
  const visitor = await room.signIn(login);
  return (method, path, call) => visitor.send(method, path, call);
}

function sendWith(headers: Record<string, string>): Send {
  return (method, path, call) =>
    room.server.send(method, path, { ...call, headers: { ...call.headers, ...headers } });
}

/** The token of an upload is one of a builder's; it has claimed. */
async function sendAsBuilder(): Promise<Send> {
  const begun = await room.client.call<{ upload: { token: string } }>('POST', '/api/projects/shop/uploads', {
    json: {},
  });
  const nonce = 'n'.repeat(32);
  const send = sendWith({ authorization: `Bearer ${begun.body.upload.token}`, [NONCE_HEADER]: nonce });
  const claimed = await send('POST', '/api/builder/claim', { json: { nonce } });
  expect(claimed.status).toBe(200);
  return send;
}

/** The real route table, without the guards, which stand in front of everything. */
function listRoutes(): string[] {
  const handlers = room.app.routes.filter(({ method, path }) => method !== 'ALL' || path !== '/*');
  return [...new Set(handlers.map(({ method, path }) => `${method} ${path}`))];
}

/** Of a route about a project `:id` is something below it, and nothing has this one. */
const NOTHING = 'aaaaaaaaaaaaaaaaaaaa';

function addressOf(path: string): string {
  const id = path.includes(':slug') ? NOTHING : room.shop.deployment.id;
  return path
    .replace(':slug', room.shop.project.slug)
    .replace(':id', id)
    .replace('*', 'projects/x')
    .replace(/:name\{.+$/, 'style.css')
    .replaceAll(/:\w+/g, NOTHING);
}

/** All at once, but for the row whose first success leaves nothing to the others: there it is brought back. */
async function askAll(route: string): Promise<string[]> {
  if (route !== DELETION) return Promise.all(CALLERS.map((caller) => ask(caller, route)));
  const answers: string[] = [];
  for (const caller of CALLERS) {
    answers.push(await ask(caller, route));
    await room.db.update(projects).set({ deletedAt: null }).where(eq(projects.id, room.shop.project.id));
  }
  return answers;
}

const DELETION = 'DELETE /api/projects/:slug';

async function ask(caller: CallerName, route: string): Promise<string> {
  const [method = '', path = ''] = route.split(' ');
  const form = { raw: '', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  const isChange = method !== 'GET';
  const call: ApiCall = !isChange ? {} : path.startsWith('/api/') ? { json: {} } : form;
  return judge(await senders[caller](method, addressOf(path), call));
}

/** What a guard has said; `yes` for all that a route says of what it was asked. */
function judge({ status, body }: ApiAnswer): string {
  const { code } = (typeof body === 'object' && body !== null ? body : {}) as { code?: string };
  if (status === 500) return 'broken';
  const isRefused = code === 'unauthorized' || code === 'forbidden' || code === 'upload_refused';
  const isHidden = code === 'project_not_found' || code === 'deployment_not_found';
  return isRefused || isHidden ? String(status) : 'yes';
}

describe('every route', { timeout: TIMEOUT_MS }, () => {
  it('stands in the table of this test, and no other does', () => {
    expect(listRoutes().toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });

  it('that is not open stands in route-rights.ts, once, and no other does', () => {
    const open = new Set<string>([OPEN, OF_BUILDERS, SIGNED]);
    const closed = listRoutes().filter((route) => !open.has(EXPECTED[route] ?? ''));
    expect(closed.filter((route) => !isKnownRoute(...splitRoute(route)))).toEqual([]);
    const pages = new Set(closed.filter((route) => !route.startsWith('GET /live/')));
    const known = Object.values(ROUTE_RIGHTS).flat();
    expect(known.toSorted()).toEqual([...pages].toSorted());
  });

  it.each(Object.entries(EXPECTED))('%s answers all kinds of callers: %s', async (route, expected) => {
    expect((await askAll(route)).join(' ')).toBe(expected);
  });
});

function splitRoute(route: string): [method: string, path: string] {
  const [method = '', path = ''] = route.split(' ');
  return [method, path];
}
