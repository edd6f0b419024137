import { type CommentProject, parseCommentData } from '../app/domain/github/comment-data.ts';
import type { GitHub } from '../test/support/github/github.ts';
import type { CommitStatus, PullRequest, Repository } from '../test/support/github/state.ts';
import type { Offshoot } from '../test/support/offshoot.ts';
import { waitUntil } from './wait.ts';

const CONTEXT = 'offshoot/shop';

/** Where the story plays, and what it may expect to see: each expectation waits, and is counted when it came true. */
export interface Stage {
  readonly github: GitHub;
  readonly offshoot: Offshoot;
  readonly say: (sentence: string) => void;
  /** Whether this machine has a sandbox, without which nobody may approve a fork's commit. */
  readonly canBuildForks: boolean;
  /** The newest status of a commit. */
  expectStatus(repository: Repository, commit: string, state: CommitStatus['state']): Promise<void>;
  /** The one comment under a pull request says this of the shop. */
  expectComment(
    pull: PullRequest,
    expected: Partial<CommentProject>,
    words?: string,
  ): Promise<CommentProject>;
  /** A visitor sees this. */
  expectPage(url: string, status: number, words: string): Promise<void>;
  counts(): Readonly<Record<'statuses' | 'comments' | 'pages', number>>;
}

export function openStage(place: Pick<Stage, 'github' | 'offshoot' | 'say' | 'canBuildForks'>): Stage {
  const { offshoot } = place;
  const counts = { statuses: 0, comments: 0, pages: 0 };
  return {
    ...place,
    counts: () => counts,
    async expectStatus(repository, commit, state) {
      const newest = () =>
        repository.statuses.findLast(({ sha, context }) => sha === commit && context === CONTEXT);
      await waitUntil(
        `the status “${state}” of ${commit}`,
        () => newest()?.state === state || undefined,
        () => newest()?.state ?? 'none',
      );
      counts.statuses += 1;
    },
    async expectComment(pull, expected, words = '') {
      const found = await waitUntil(
        `one comment under #${pull.number} with ${JSON.stringify(expected)} ${words}`,
        () => findComment(pull, expected, words),
        () => JSON.stringify(commentsOf(pull)),
      );
      counts.comments += 1;
      return found;
    },
    async expectPage(url, status, words) {
      let seen = 'nothing';
      const look = async () => {
        const page = await offshoot.visit(url, new URL(url).pathname);
        seen = `${page.status} ${page.body}`;
        return (page.status === status && page.body.includes(words)) || undefined;
      };
      await waitUntil(`${status} and “${words}” at ${url}`, look, () => seen);
      counts.pages += 1;
    },
  };
}

/** The bodies of what the App has written there. */
function commentsOf({ repository, number }: PullRequest): string[] {
  return [...repository.comments.values()]
    .filter((comment) => comment.number === number && comment.viaApp !== null)
    .map(({ body }) => body);
}

function findComment(
  pull: PullRequest,
  expected: Partial<CommentProject>,
  words: string,
): CommentProject | undefined {
  const [body = '', ...others] = commentsOf(pull);
  if (others.length > 0 || !body.includes(words)) return undefined;
  const shop = parseCommentData(body)?.find(({ project }) => project === 'shop');
  const names = Object.keys(expected) as (keyof CommentProject)[];
  return names.every((name) => shop?.[name] === expected[name]) ? shop : undefined;
}
