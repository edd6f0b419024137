import type { FailureReason } from '../../contracts/phases.ts';
import type { Files, GitRepository } from '../support/git-repository.ts';

/** Printed by an attack that worked. It must be seen nowhere. */
export const BREACH = 'BREACH';
/** Stands in files that no build may read: another build's folder, the data folder, the host. */
export const CANARY = 'canary-7f3a91';

export interface HostileRepository {
  readonly name: string;
  readonly make: (repository: GitRepository) => { readonly ref?: string } | void;
  /** How it must end: `ready`, or the reason of its failure; one of several where a race decides. */
  readonly ends: 'ready' | FailureReason | readonly FailureReason[];
  /** Must stand in its log. */
  readonly says?: RegExp;
  /** Paths of the site that must not be there. */
  readonly missing?: readonly string[];
}

/** Where the attacked things are; known once Offshoot runs. */
export interface Targets {
  readonly appPid: number;
  readonly postgresPort: number;
  readonly dataFolder: string;
}

const PAGE = { 'index.html': '<h1>here</h1>' };

/** A repository without dependencies whose build is this shell script. */
function building(script: string, files: Files = {}): Files {
  const commands = { install: '', build: 'sh ./build.sh', output: 'dist' };
  const prelude = "mkdir -p dist && echo '<h1>built</h1>' > dist/index.html\n";
  return {
    'offshoot.json': JSON.stringify(commands),
    'package.json': '{}',
    'build.sh': prelude + script,
    ...files,
  };
}

const committing = (files: Files) => (repository: GitRepository) => void repository.commit(files);

/** Links, names and sizes of what is published. */
function outputs(): HostileRepository[] {
  const link = (name: string, target: string): HostileRepository => ({
    name,
    make: committing({ ...PAGE, 'link.txt': { symlink: target } }),
    ends: 'publish_failed',
    says: /link\.txt/,
  });
  return [
    link('a symlink to a file of the host', '/etc/passwd'),
    link('a symlink to a folder of the host', '/etc'),
    link('a symlink up and out', '../../../../../../etc/hostname'),
    link('a symlink to a device', '/dev/zero'),
    link('a symlink into /proc', '/proc/self/environ'),
    link('a symlink to itself', 'link.txt'),
    link('a symlink to nothing', 'nowhere'),
    link("a symlink to the repository's .git", '.git/config'),
    {
      name: 'an output folder that is a symlink out of the repository',
      make: committing(building('rm -rf dist; ln -s /etc dist')),
      ends: 'output_missing',
    },
    {
      name: 'a symlink that the build makes in its output',
      make: committing(building('ln -s /etc/passwd dist/passwd.txt')),
      ends: 'publish_failed',
      says: /passwd\.txt/,
    },
    {
      name: 'a named pipe',
      make: committing(building('mkfifo dist/pipe')),
      ends: 'publish_failed',
      says: /pipe/,
    },
    {
      name: 'a socket',
      make: committing(
        building(
          "node -e \"require('net').createServer().listen('dist/s', () => process.exit())\"; perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un(\"dist/socket\"))'",
        ),
      ),
      ends: 'publish_failed',
      says: /socket/,
    },
    {
      name: 'a name that is not UTF-8',
      make: committing(building('touch "dist/$(printf \'a\\377b\').txt"')),
      ends: 'publish_failed',
      says: /UTF-8/,
    },
    {
      name: 'too many files',
      make: committing(building('cd dist; seq 1 600 | xargs touch')),
      ends: 'limit_exceeded',
    },
    {
      name: 'a file that is too large',
      make: committing(building('head -c 6000000 /dev/zero > dist/big.bin')),
      ends: 'limit_exceeded',
    },
    {
      name: 'a sum that is too large',
      make: committing(building('for i in 1 2 3 4 5; do head -c 4500000 /dev/zero > dist/big$i.bin; done')),
      ends: 'limit_exceeded',
    },
    {
      name: 'a sparse file that claims to be huge',
      make: committing(building('truncate -s 40G dist/huge.bin || echo refused')),
      ends: 'ready',
      says: /^refused$/m,
    },
    {
      name: 'a tree of 2^30 files in a few objects',
      make(repository) {
        let tree = repository.writeFiles({ f: 'x' });
        for (let depth = 0; depth < 10; depth += 1) {
          tree = repository.writeTree(
            ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => ({ mode: '40000', name, sha: tree })),
          );
        }
        repository.commitTree(tree);
      },
      ends: 'limit_exceeded',
    },
    {
      name: 'dotfiles, configuration and dependencies in the output',
      make: committing({ ...PAGE, '.env': CANARY, '.git-credentials': CANARY, 'node_modules/a.js': CANARY }),
      ends: 'ready',
      missing: ['/.env', '/.git-credentials', '/node_modules/a.js', '/.git/config', '/offshoot.json'],
    },
  ];
}

/** What Git itself can be made to do. */
function checkouts(): HostileRepository[] {
  const raw = (name: string, entry: string, mode = '100644'): HostileRepository => ({
    name,
    make(repository) {
      const sha = repository.writeBlob('[core]\n\tfsmonitor = "echo BREACH >&2; false"\n');
      const page = { mode: '100644', name: 'index.html', sha: repository.writeBlob('here') };
      repository.commitTree(repository.writeTree([page, { mode, name: entry, sha }]));
    },
    ends: 'clone_failed',
  });
  const gitmodules = (url: string) => `[submodule "thief"]\n\tpath = thief\n\turl = ${url}\n`;
  const submodule = (name: string, url: string): HostileRepository => ({
    name,
    make(repository) {
      const commit = repository.commit({ f: 'x' }, { branch: 'other' });
      repository.commit({ ...PAGE, '.gitmodules': gitmodules(url), thief: { submodule: commit } });
    },
    ends: 'clone_failed',
  });
  const branch = (name: string): HostileRepository => ({
    name: `a branch called ${JSON.stringify(name)}`,
    make(repository) {
      repository.commit(PAGE);
      repository.commit(PAGE, { branch: name });
      return { ref: name };
    },
    ends: 'ready',
  });
  return [
    raw('a file called .git', '.git'),
    raw('a file called .GIT', '.GIT'),
    raw('a file called ..', '..'),
    raw('a file whose name has a slash', '../../escape.txt'),
    raw('a file called git~1', 'git~1'),
    submodule('a submodule over ext::', 'ext::sh -c "echo BREACH >&2"'),
    submodule('a submodule from a file', 'file:///etc'),
    submodule('a submodule whose URL is an option', '--upload-pack=touch${IFS}BREACH'),
    submodule('a submodule over ssh', 'ssh://-oProxyCommand=touch${IFS}BREACH/x'),
    branch('-upload-pack=touch'),
    branch('a$(id)'),
    branch('`id`;id|id&id'),
    branch('quote\'"quote'),
    branch('émoji-🚀'),
    {
      name: 'a filter, a hook folder and attributes that ask for them',
      make: committing({
        ...PAGE,
        '.gitattributes': '* filter=evil diff=evil merge=evil\n',
        '.gitconfig': '[filter "evil"]\n\tsmudge = echo BREACH\n',
        'hooks/post-checkout': { executable: '#!/bin/sh\necho BREACH\n' },
      }),
      ends: 'ready',
    },
  ];
}

/** What a configuration may ask for. */
function configurations(): HostileRepository[] {
  const asks = (name: string, configuration: unknown, files: Files = PAGE): HostileRepository => ({
    name,
    make: committing({ ...files, 'offshoot.json': JSON.stringify(configuration) }),
    ends: 'config_invalid',
    says: /offshoot\.json/,
  });
  return [
    asks('a root outside of the repository', { root: '../..' }),
    asks('an absolute output', { output: '/etc' }),
    asks('an output above the root', { output: '../../..' }),
    asks('an unknown key', { ouput: 'dist' }),
    asks('a Node that is a path', { node: '../../evil' }),
    {
      name: 'a root that is a symlink out',
      make: committing({ 'offshoot.json': JSON.stringify({ root: 'link' }), link: { symlink: '/etc' } }),
      ends: 'config_invalid',
    },
    {
      name: 'a configuration that is a symlink',
      make: committing({ ...PAGE, 'offshoot.json': { symlink: '/etc/passwd' } }),
      ends: 'config_invalid',
    },
  ];
}

/** What commands do while they run. */
function commands({ appPid, postgresPort, dataFolder }: Targets): HostileRepository[] {
  const tries = (name: string, script: string): HostileRepository => ({
    name,
    make: committing(building(script)),
    ends: 'ready',
  });
  const exceeds = (
    name: string,
    script: string,
    reason: FailureReason | FailureReason[],
  ): HostileRepository => ({
    name,
    make: committing(building(script)),
    ends: reason,
  });
  return [
    exceeds(
      'a build that starts processes without end',
      '(while :; do sleep 60 & done); sleep 60',
      'limit_exceeded',
    ),
    // The kernel refuses its forks so fast that it may starve by itself before anyone has counted.
    exceeds('the classic fork bomb', 'b() { b | b & }; b; sleep 60', ['limit_exceeded', 'timeout']),
    exceeds('a build that never ends', 'while :; do sleep 1; done', 'timeout'),
    exceeds('a build that ignores signals', "trap '' TERM INT HUP; while :; do sleep 1; done", 'timeout'),
    exceeds(
      'a build that eats memory',
      "node -e 'const a = []; for (;;) a.push(Buffer.alloc(1e7, 1))'",
      'out_of_memory',
    ),
    exceeds(
      'a build that floods the disk',
      'head -c 2000000000 /dev/zero > flood; sleep 30',
      'limit_exceeded',
    ),
    exceeds('a build that kills its parents', 'kill -9 $PPID; kill -9 1; kill -9 -1; exit 3', 'build_failed'),
    tries(
      'a build that leaves daemons',
      'setsid sh -c "while :; do sleep 1; done" > /dev/null 2>&1 & setsid sleep 600 &',
    ),
    tries('a build that floods its log', "yes 'all work and no play' | head -c 30000000"),
    tries('a build that prints a line of 30 MB', "head -c 30000000 /dev/zero | tr '\\0' x"),
    tries('a build that prints bytes that are no text', 'head -c 300000 /dev/urandom'),
    tries(
      "a build that reads the app's memory and environment",
      `cat /proc/${appPid}/environ /proc/${appPid}/mem && echo ${BREACH}; true`,
    ),
    tries(
      "a build that reads the host's secrets",
      `cat /etc/shadow ${dataFolder}/token ${dataFolder}/secret-key && echo ${BREACH}; true`,
    ),
    tries(
      "a build that reads other builds' folders",
      `grep -rs ${CANARY} / --include=canary.txt && echo ${BREACH}; true`,
    ),
    tries('a build that connects to PostgreSQL', postgresAttack(postgresPort)),
    tries(
      'a build that looks for a token',
      `env | grep -i -E 'token|secret|password' && echo ${BREACH}; cat /proc/1/environ | tr '\\0' '\\n' | grep -i token && echo ${BREACH}; true`,
    ),
    tries('a build that rewrites its toolchain', `echo evil >> "$(command -v node)" && echo ${BREACH}; true`),
  ];
}

/** Asks for a session without a password; an answer `R` with 0 would mean: welcome. */
function postgresAttack(port: number): string {
  const program = [
    `const socket = require('net').connect(${port}, '127.0.0.1');`,
    "const body = Buffer.from('\\0\\3\\0\\0user\\0postgres\\0database\\0postgres\\0\\0', 'latin1');",
    'const length = Buffer.alloc(4); length.writeInt32BE(body.length + 4);',
    'socket.write(Buffer.concat([length, body]));',
    `socket.on('data', (data) => { if (data[0] === 82 && data.readInt32BE(5) === 0) console.log('${BREACH}'); socket.end(); });`,
    "socket.on('error', () => {});",
  ].join(' ');
  return `node -e ${JSON.stringify(program).replaceAll('$', '\\$')}`;
}

export function hostileRepositories(targets: Targets): HostileRepository[] {
  return [...outputs(), ...checkouts(), ...configurations(), ...commands(targets)];
}
