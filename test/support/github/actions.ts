import type { CommitOptions, Files } from '../git-repository.ts';
import { rerequestCheckRun } from './checks.ts';
import { addComment, removeComment } from './comments.ts';
import * as installations from './installations.ts';
import { createApp } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { mergePull } from './merge.ts';
import { closePull, editPull, openPull, reopenPull, tellPull } from './pulls.ts';
import { announceRefs, deleteRef } from './pushes.ts';
import * as repositories from './repositories.ts';
import { addUser, findUser, fullNameOf } from './state.ts';
import type { App, Comment, Installation, PullRequest, Repository, Role, Token, User } from './state.ts';
import type { Person } from './web/sign-in.ts';
import type { World } from './world.ts';

export type Actions = ReturnType<typeof createActions>;

export interface NewRepositoryOptions {
  /** A first commit on the default branch. */
  readonly files?: Files;
  readonly isPrivate?: boolean;
  readonly defaultBranch?: string;
}

export interface PushOptions extends CommitOptions {
  /** By default the repository's owner. */
  readonly pusher?: User;
}

export interface PullOptions {
  readonly head: string;
  /** A fork; by default the repository itself. */
  readonly from?: Repository;
  readonly base?: string;
  readonly title?: string;
  readonly body?: string;
  readonly isDraft?: boolean;
  readonly user?: User;
}

const YEAR_MS = 365 * 24 * 3_600_000;

/** What people do at GitHub, and what the App is told of it. Webhooks are sent in the background: see `settled`. */
export function createActions(world: World, person: Person) {
  const { state } = world;

  const createUser = (login: string, type: User['type'] = 'User'): User =>
    findUser(state, login) ?? addUser(state, login, type);

  const announce = (repository: Repository, ref?: string, pusher = repository.owner) =>
    announceRefs(world, repository, pusher, ref);

  /** A person's own token, for Git and the API. */
  const personalToken = (login: string): string => {
    const token: Token = {
      value: world.token('ghp'),
      expiresAtMs: world.now() + YEAR_MS,
      permissions: {},
      of: { kind: 'personal', user: createUser(login) },
      repositoryIds: null,
    };
    state.tokens.set(token.value, token);
    return token.value;
  };

  return {
    createUser,
    createOrganization: (login: string) => createUser(login, 'Organization'),

    /** Another App instead, as if it came from a manifest. */
    createApp(owner: string, manifest: Manifest): App {
      state.app = createApp(world, createUser(owner), manifest);
      return state.app;
    },
    hookTo(url: string): void {
      if (state.app === null)
        throw new Error('There is no App yet: create one before you say where it listens');
      state.app.hookUrl = url;
    },

    /** `ada/shop`; ada is made when nobody has that name. */
    createRepository(fullName: string, options: NewRepositoryOptions = {}): Repository {
      const [owner = '', name = ''] = fullName.split('/');
      const { files, isPrivate = false, defaultBranch = 'main' } = options;
      const created = { owner: createUser(owner), name, isPrivate, defaultBranch };
      const repository = repositories.createRepository(world, created);
      repositories.announceRepository(world, repository);
      if (files !== undefined)
        repository.git.commit(files, { branch: defaultBranch, message: 'First commit' });
      announce(repository);
      return repository;
    },
    fork: (repository: Repository, owner: string) =>
      repositories.forkRepository(world, repository, createUser(owner)),
    renameRepository: (repository: Repository, name: string) =>
      repositories.renameRepository(world, repository, name),
    transferRepository: (repository: Repository, to: string) =>
      repositories.transferRepository(world, repository, createUser(to)),
    deleteRepository: (repository: Repository) => repositories.deleteRepository(world, repository),
    setDefaultBranch: (repository: Repository, branch: string) =>
      repositories.setDefaultBranch(world, repository, branch),
    setVisibility: (repository: Repository, isPrivate: boolean) =>
      repositories.setVisibility(world, repository, isPrivate),
    setRole(repository: Repository, login: string, role: Role): void {
      createUser(login);
      repository.roles.set(login.toLowerCase(), role);
    },

    /**
     * Commits exactly these files to a branch and tells about it. A new branch begins at the tip of the default one.
     * `parents` that leave out the tip are a force push. Returns the commit.
     */
    push(repository: Repository, files: Files, options: PushOptions = {}): string {
      const { pusher, branch = repository.defaultBranch, ...rest } = options;
      const tip = repository.git.tipOf(branch) ?? repository.git.tipOf(repository.defaultBranch);
      const parents = tip === undefined ? [] : [tip];
      const sha = repository.git.commit(files, { parents, branch, ...rest });
      announce(repository, `refs/heads/${branch}`, pusher);
      return sha;
    },
    /** Lets a ref name a commit that is there: a new branch, a tag, a branch set back by force. */
    pushRef(repository: Repository, ref: string, sha: string, pusher?: User): void {
      repository.git.setRef(ref, sha);
      announce(repository, ref, pusher);
    },
    deleteBranch(repository: Repository, branch: string, pusher?: User): void {
      deleteRef(repository, `refs/heads/${branch}`);
      announce(repository, `refs/heads/${branch}`, pusher);
    },
    deleteTag(repository: Repository, tag: string, pusher?: User): void {
      deleteRef(repository, `refs/tags/${tag}`);
      announce(repository, `refs/tags/${tag}`, pusher);
    },

    openPullRequest(repository: Repository, options: PullOptions): PullRequest {
      const { head, from = repository, base = repository.defaultBranch } = options;
      return openPull(world, repository, {
        headRepository: from,
        headRef: head,
        baseRef: base,
        title: options.title ?? `Change ${head}`,
        body: options.body ?? null,
        isDraft: options.isDraft ?? false,
        user: options.user ?? from.owner,
      });
    },
    closePullRequest: (pull: PullRequest, by: User = pull.user) => closePull(world, pull, by),
    /** Pushes the merge commit to the base, which closes the pull request. Returns the commit. */
    mergePullRequest(pull: PullRequest, by: User = pull.repository.owner): string {
      const sha = mergePull(pull);
      announce(pull.repository, `refs/heads/${pull.baseRef}`, by);
      return sha;
    },
    reopen: (pull: PullRequest, by: User = pull.user) => reopenPull(world, pull, by),
    setDraft(pull: PullRequest, isDraft: boolean, by: User = pull.user): void {
      pull.isDraft = isDraft;
      tellPull(world, pull, isDraft ? 'converted_to_draft' : 'ready_for_review', by);
    },
    /** Another title, or another base. */
    editPullRequest(pull: PullRequest, to: { title?: string; base?: string }, by: User = pull.user): void {
      const { title, base } = to;
      const changes = {
        ...(title !== undefined && { title: { from: pull.title } }),
        ...(base !== undefined && { base: { ref: { from: pull.baseRef }, sha: { from: pull.baseSha } } }),
      };
      editPull(pull, to);
      tellPull(world, pull, 'edited', by, { changes });
    },
    comment: (pull: PullRequest, body: string, by: User = pull.user): Comment =>
      addComment(world, pull.repository, { number: pull.number, body, user: by, viaApp: null }),
    deleteComment(pull: PullRequest, comment: Comment, by: User = pull.repository.owner): void {
      removeComment(world, pull.repository, comment, by);
    },
    /** Somebody clicks on "Re-run". */
    rerequestCheckRun(repository: Repository, id: number, by: User = repository.owner): void {
      const run = repository.checkRuns.get(id);
      if (run === undefined) throw new Error(`${fullNameOf(repository)} has no check run ${id}`);
      rerequestCheckRun(world, repository, run, by);
    },

    install: (login: string, chosen: readonly Repository[] | 'all' = 'all'): Installation =>
      installations.install(world, createUser(login), chosen),
    uninstall: (installation: Installation) => installations.uninstall(world, installation),
    suspend: (installation: Installation) => installations.suspend(world, installation),
    unsuspend: (installation: Installation) => installations.unsuspend(world, installation),
    addRepositories: (installation: Installation, ...added: Repository[]) =>
      installations.changeRepositories(world, installation, { added }),
    removeRepositories: (installation: Installation, ...removed: Repository[]) =>
      installations.changeRepositories(world, installation, { removed }),

    /** Who sits in front of the browser, and what they answer when the App asks who they are. */
    signIn(login: string, answer: Person['answer'] = 'yes'): void {
      Object.assign(person, { user: createUser(login), answer });
    },
    personalToken,
    /** Where a person clones from and pushes to, with their token in it. */
    cloneUrl(repository: Repository, user?: User): string {
      const url = new URL(`${world.urls.web}/${fullNameOf(repository)}.git`);
      if (user !== undefined) {
        Object.assign(url, { username: user.login, password: personalToken(user.login) });
      }
      return url.href;
    },
  };
}
