import type { PullRequest, Repository } from '../test/support/github/state.ts';
import { FORGOTTEN_FILE, shopFiles } from './shop.ts';
import type { Stage } from './stage.ts';
import { BrokenPromise } from './wait.ts';

/** What is there to look at when the story is over. */
export interface Told {
  readonly repository: Repository;
  readonly pull: PullRequest;
  readonly productionUrl: string;
  readonly previewUrl: string;
}

const BRANCH = 'summer-sale';
const OPENING = 'Everything for the summer';
const SALE = 'Summer sale: half price';

/** From the first push to a comment with a preview, through a build that fails, and its fix. */
export async function playStory(stage: Stage): Promise<Told> {
  const { repository, productionUrl } = await openShop(stage);
  const { pull, previewUrl } = await openPullRequest(stage, repository);
  await breakAndMend(stage, pull, previewUrl);
  await letStrangerAsk(stage, repository);
  return { repository, pull, productionUrl, previewUrl };
}

async function openShop({ github, offshoot, say, ...stage }: Stage) {
  say('Ada makes a repository, ada/shop, and installs the App. Nothing is built of what was there before.');
  const files = shopFiles({ headline: 'Opening soon' });
  const repository = github.createRepository('ada/shop', { files, isPrivate: true });
  github.install('ada');
  await github.settled();

  say('She pushes to main.');
  const commit = github.push(repository, shopFiles({ headline: OPENING }), { message: 'Open the shop' });
  await stage.expectStatus(repository, commit, 'success');
  const { body } = await offshoot.call<{ url: string }>('GET', '/api/projects/shop');
  await stage.expectPage(body.url, 200, OPENING);
  return { repository, productionUrl: body.url };
}

async function openPullRequest({ github, say, ...stage }: Stage, repository: Repository) {
  say(`Grace pushes a branch, ${BRANCH}, and opens a pull request.`);
  const grace = github.createUser('grace');
  github.setRole(repository, 'grace', 'write');
  const commit = github.push(repository, shopFiles({ headline: SALE }), {
    branch: BRANCH,
    message: 'Announce the summer sale',
    pusher: grace,
  });
  const pull = github.openPullRequest(repository, { head: BRANCH, title: 'Summer sale', user: grace });
  await stage.expectStatus(repository, commit, 'success');
  const { previewUrl } = await stage.expectComment(pull, { status: 'ready', commit });
  if (previewUrl === null) throw new BrokenPromise('The comment names no preview of a branch that is ready.');
  await stage.expectPage(previewUrl, 200, SALE);
  return { pull, previewUrl };
}

async function breakAndMend({ github, say, ...stage }: Stage, pull: PullRequest, previewUrl: string) {
  const { repository, user: pusher } = pull;
  say(`She forgets to commit ${FORGOTTEN_FILE}: the build fails, and the preview stays as it was.`);
  const broken = github.push(repository, shopFiles({ headline: SALE, isBroken: true }), {
    branch: BRANCH,
    message: 'Read the prices from a file',
    pusher,
  });
  await stage.expectStatus(repository, broken, 'failure');
  await stage.expectComment(pull, { status: 'failed', commit: broken }, FORGOTTEN_FILE);
  await stage.expectPage(previewUrl, 200, SALE);

  say('She mends it.');
  const headline = 'Summer sale: everything must go';
  const mended = github.push(repository, shopFiles({ headline }), {
    branch: BRANCH,
    message: 'Do without the file',
    pusher,
  });
  await stage.expectStatus(repository, mended, 'success');
  await stage.expectComment(pull, { status: 'ready', commit: mended, previewUrl });
  await stage.expectPage(previewUrl, 200, headline);
}

/** A fork's code is run by nobody's push: somebody with write permission has to look at it first. */
async function letStrangerAsk({ github, say, canBuildForks, ...stage }: Stage, repository: Repository) {
  say('Mallory, whom nobody knows, forks the shop and opens a pull request: it waits for approval.');
  const fork = github.fork(repository, 'mallory');
  github.push(fork, shopFiles({ headline: 'Free hats' }), { branch: 'hats', message: 'Hats for free' });
  const pull = github.openPullRequest(repository, { head: 'hats', from: fork, title: 'Free hats' });
  await stage.expectStatus(repository, pull.headSha, 'pending');
  await stage.expectComment(pull, { status: 'blocked', commit: pull.headSha, previewUrl: null });
  if (!canBuildForks)
    return say('Nobody can approve it here: without a sandbox strangers’ code is not built.');

  say('Ada has looked at it, and writes /deploy under it.');
  github.comment(pull, '/deploy', repository.owner);
  await stage.expectStatus(repository, pull.headSha, 'success');
  const { previewUrl } = await stage.expectComment(pull, { status: 'ready', commit: pull.headSha });
  if (previewUrl === null)
    throw new BrokenPromise('The comment names no preview of a fork that was approved.');
  await stage.expectPage(previewUrl, 200, 'Free hats');
}
