import type { DeploymentRow } from '../../app/db/deployments.ts';
import type { ProjectRow } from '../../app/db/projects.ts';
import type { TestServer } from './api-client.ts';
import { type ApiRoom, openApiRoom } from './api-room.ts';
import { openDeploymentStates } from './deployment-states.ts';
import { type GitHub, startGitHub } from './github/github.ts';
import type { Installation, Repository } from './github/state.ts';
import { Visitor } from './visitor.ts';

/** Of the app that visitors come to. */
export const APP_URL = 'http://deploy.example.com';
export const CALLBACK_URLS = [`${APP_URL}/login/github/callback`];

/** The app's HTTP beside a GitHub whose people sign in to it. */
export interface SignInRoom extends ApiRoom {
  readonly github: GitHub;
  /** A project of a repository, with a deployment that is ready. */
  createProject(repository: Repository | null, slug: string): Promise<Made>;
  /** A browser in which somebody of GitHub has just signed in. */
  signIn(login: string): Promise<Visitor>;
  /** Goes on from GitHub's page to where it leads back to; the address is a path of ours. */
  followToGithub(location: unknown): Promise<string>;
}

export interface Made {
  readonly project: ProjectRow;
  readonly deployment: DeploymentRow;
}

export async function openSignInRoom(): Promise<SignInRoom> {
  const github = await startGitHub({
    isEnterprise: true,
    app: { callback_urls: CALLBACK_URLS },
  });
  const { id, privateKey, webhookSecret, clientId, clientSecret } = github.app;
  const room = await openApiRoom({
    githubApiUrl: `${github.webUrl}/api/v3`,
    githubEnvironment: {
      githubAppId: id,
      githubPrivateKey: privateKey,
      githubWebhookSecret: webhookSecret,
      githubClientId: clientId,
      githubClientSecret: clientSecret,
    },
  });
  // GitHub's tokens end by its clock.
  room.clock.now = Date.now();

  return {
    ...room,
    github,
    followToGithub,
    async createProject(repository, slug) {
      const changes = { slug, name: slug, gitUrl: null, repositoryId: repository?.id ?? null };
      const states = await openDeploymentStates(room, room.clock.now, changes);
      return { project: states.project, deployment: await states.make() };
    },
    signIn: (login) => signInWithGithub(login, github, room.server),
    async dispose() {
      await room.dispose();
      await github.close();
    },
  };
}

async function followToGithub(location: unknown): Promise<string> {
  const answer = await fetch(String(location), { redirect: 'manual' });
  const back = answer.headers.get('location') ?? '';
  if (!back.startsWith(`${APP_URL}/`)) throw new Error(`GitHub answered ${answer.status} and led to ${back}`);
  return back.slice(APP_URL.length);
}

/** A browser in which somebody has just signed in, as GitHub lets them do without a question. */
export async function signInWithGithub(
  login: string,
  github: GitHub,
  server: Pick<TestServer, 'send'>,
): Promise<Visitor> {
  github.signIn(login);
  const visitor = new Visitor(server);
  const begun = await visitor.get('/login/github');
  const answer = await visitor.get(await followToGithub(begun.headers['location']));
  if (answer.status !== 303) throw new Error(`signing in was answered with ${answer.status}`);
  return visitor;
}

export interface ShopRoom extends SignInRoom {
  /** Private: rita reads it, will writes to it, adam administers it. */
  readonly repository: Repository;
  readonly installation: Installation;
  /** Of that repository. */
  readonly shop: Made;
  /** Of no repository: the administrator's alone. */
  readonly own: Made;
}

/** With somebody of each right in one project. */
export async function openShopRoom(): Promise<ShopRoom> {
  const room = await openSignInRoom();
  const repository = room.github.createRepository('acme/shop', { isPrivate: true });
  room.github.setRole(repository, 'rita', 'read');
  room.github.setRole(repository, 'will', 'write');
  room.github.setRole(repository, 'adam', 'admin');
  const installation = room.github.install('acme');
  const shop = await room.createProject(repository, 'shop');
  return { ...room, repository, installation, shop, own: await room.createProject(null, 'own') };
}
