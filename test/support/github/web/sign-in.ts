import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hono } from 'hono';
import type { Context } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import type { App, Permissions, Token, User } from '../state.ts';
import type { World } from '../world.ts';
import { authorizePage, layout } from './pages.ts';

type Env = { Bindings: HttpBindings };

const CODE_LIFE_MS = 10 * 60_000;
const TOKEN_LIFE_MS = 8 * 3_600_000;
const REFRESH_LIFE_SECONDS = 15_897_600;

/** Who sits in front of the browser, and what they say when an App asks who they are. */
export interface Person {
  user: User;
  /** `asks` shows the page with the button; the others answer at once, as GitHub does once one has agreed. */
  answer: 'yes' | 'no' | 'asks';
}

/** Sign-in through the App: the OAuth web flow with PKCE. */
export function addSignIn(app: Hono<Env>, world: World, person: Person): void {
  app.get('/login/oauth/authorize', (c) => {
    const { app: asking } = world.state;
    if (person.answer !== 'asks' || asking === null) return authorize(world, person, person.answer, c);
    return c.html(authorizePage(asking, person.user.login, new URL(c.req.url).search.slice(1)));
  });
  app.post('/login/oauth/authorize', async (c) => {
    const { answer } = await c.req.parseBody();
    return authorize(world, person, answer === 'yes' ? 'yes' : 'no', c);
  });
  app.post('/login/oauth/access_token', (c) => exchange(world, c));
}

function authorize(world: World, { user }: Person, answer: Person['answer'], c: Context<Env>) {
  const query = c.req.query();
  const { app } = world.state;
  if (app === null || query['client_id'] !== app.clientId) return c.html(layout('404', ''), 404);
  const [first = ''] = app.callbackUrls;
  const redirectUri = query['redirect_uri'] ?? first;
  const isKnown = app.callbackUrls.some((each) => isCallback(each, redirectUri));
  const target = new URL(isKnown ? redirectUri : first || world.urls.web);
  if (query['state'] !== undefined) target.searchParams.set('state', query['state']);
  const problem = problemOf(isKnown, answer, query);
  if (problem !== undefined) {
    target.searchParams.set('error', problem);
    target.searchParams.set('error_description', DESCRIPTIONS[problem]);
    return c.redirect(target.href);
  }
  const code = world.token('code');
  const challenge = query['code_challenge'];
  world.state.signInCodes.set(code, {
    user,
    redirectUri,
    challenge,
    expiresAtMs: world.now() + CODE_LIFE_MS,
  });
  target.searchParams.set('code', code);
  return c.redirect(target.href);
}

/** The same host and port; the path may go deeper. */
function isCallback(allowed: string, wanted: string): boolean {
  if (!URL.canParse(wanted) || !URL.canParse(allowed)) return false;
  const [one, other] = [new URL(allowed), new URL(wanted)];
  return (
    one.origin === other.origin && `${other.pathname}/`.startsWith(`${one.pathname.replace(/\/$/, '')}/`)
  );
}

type Problem = keyof typeof DESCRIPTIONS;

function problemOf(
  isKnown: boolean,
  answer: Person['answer'],
  query: Record<string, string>,
): Problem | undefined {
  if (!isKnown) return 'redirect_uri_mismatch';
  if (answer === 'no') return 'access_denied';
  const isPlain = query['code_challenge'] !== undefined && query['code_challenge_method'] !== 'S256';
  return isPlain ? 'invalid_request' : undefined;
}

const DESCRIPTIONS = {
  access_denied: 'The user has denied your application access.',
  bad_refresh_token: 'The refresh token passed is incorrect or expired.',
  bad_verification_code: 'The code passed is incorrect or expired.',
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
  invalid_request: 'The code_challenge_method must be S256.',
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
  unsupported_grant_type: 'The grant_type is not supported.',
} as const;

/** Errors are answered 200, as GitHub does. */
async function exchange(world: World, c: Context<Env>) {
  const given = await readForm(c);
  const { app } = world.state;
  const answer = grant(world, app, given);
  const body =
    typeof answer === 'string' ? { error: answer, error_description: DESCRIPTIONS[answer] } : answer;
  if ((c.req.header('accept') ?? '').includes('json')) return c.json(body);
  const words = Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]);
  return c.body(new URLSearchParams(words).toString(), 200, {
    'Content-Type': 'application/x-www-form-urlencoded',
  });
}

async function readForm(c: Context<Env>): Promise<Record<string, unknown>> {
  const isJson = (c.req.header('content-type') ?? '').includes('json');
  return { ...c.req.query(), ...(isJson ? await c.req.json<object>() : await c.req.parseBody()) };
}

function grant(world: World, app: App | null, given: Record<string, unknown>): Problem | TokenAnswer {
  const isApp = app !== null && given['client_id'] === app.clientId;
  if (!isApp || !isSame(textOf(given['client_secret']), app.clientSecret))
    return 'incorrect_client_credentials';
  if (given['grant_type'] === 'refresh_token') return refresh(world, app, textOf(given['refresh_token']));
  const code = textOf(given['code']);
  const kept = world.state.signInCodes.get(code);
  world.state.signInCodes.delete(code);
  if (kept === undefined || kept.expiresAtMs <= world.now()) return 'bad_verification_code';
  const redirectUri = given['redirect_uri'];
  if (redirectUri !== undefined && redirectUri !== kept.redirectUri) return 'redirect_uri_mismatch';
  const verifier = textOf(given['code_verifier']);
  const hashed = createHash('sha256').update(verifier).digest('base64url');
  if (kept.challenge !== undefined && !isSame(hashed, kept.challenge)) return 'bad_verification_code';
  return createUserToken(world, app, kept.user);
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

type TokenAnswer = Readonly<Record<string, string | number>>;

function createUserToken(world: World, app: App, user: User): TokenAnswer {
  const token = keepToken(world, 'ghu', TOKEN_LIFE_MS, app.permissions, user);
  const refreshToken = keepToken(world, 'ghr', REFRESH_LIFE_SECONDS * 1_000, {}, user);
  return {
    access_token: token.value,
    expires_in: TOKEN_LIFE_MS / 1_000,
    refresh_token: refreshToken.value,
    refresh_token_expires_in: REFRESH_LIFE_SECONDS,
    token_type: 'bearer',
    scope: '',
  };
}

function keepToken(
  world: World,
  prefix: string,
  lifeMs: number,
  permissions: Permissions,
  user: User,
): Token {
  const token: Token = {
    value: world.token(prefix),
    expiresAtMs: world.now() + lifeMs,
    permissions,
    of: { kind: 'user', user },
    repositoryIds: null,
  };
  world.state.tokens.set(token.value, token);
  return token;
}

function refresh(world: World, app: App, value: string): Problem | TokenAnswer {
  const token = world.state.tokens.get(value);
  world.state.tokens.delete(value);
  const isLive = token !== undefined && value.startsWith('ghr_') && token.expiresAtMs > world.now();
  return isLive && token.of.kind === 'user'
    ? createUserToken(world, app, token.of.user)
    : 'bad_refresh_token';
}
