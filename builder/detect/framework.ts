import type { DirType, Environment } from '@netlify/build-info';
import { join, posix } from 'node:path';

/** A framework that was recognised in a repository. */
export interface Framework {
  readonly id: string;
  readonly name: string;
  /** What it runs to build when package.json has no build script. */
  readonly command: string;
  /** Where it writes its output, in order of likelihood, relative to the root directory. */
  readonly outputDirectories: readonly string[];
  /** One sentence for the log when the framework does not write static files by itself. */
  readonly hint: string | null;
}

/** Where a framework's output differs from what the library says, since Offshoot serves static files only. */
const CORRECTIONS: Readonly<Record<string, Pick<Framework, 'outputDirectories' | 'hint'>>> = {
  next: {
    outputDirectories: ['out'],
    hint: `Offshoot serves static files: Next.js writes them to "out" when next.config sets output: 'export'.`,
  },
  nuxt: {
    outputDirectories: ['.output/public', 'dist'],
    hint: 'Offshoot serves static files: Nuxt writes them when the build script runs "nuxt generate".',
  },
  'svelte-kit': {
    outputDirectories: ['build'],
    hint: 'Offshoot serves static files: SvelteKit writes them with @sveltejs/adapter-static.',
  },
};

export interface FrameworkInput {
  /** Text of package.json in the root directory. */
  readonly packageJson: string;
  /** Names in the root directory: configuration files tell variants of some frameworks apart. */
  readonly names: readonly string[];
}

/**
 * Recognises a framework by a dependency. A configuration file alone proves nothing: vite.config.js would make
 * Shopify's Hydrogen of any Vite project whose dependency stands in a workspace above, config.json a Hugo site.
 * The library sees these two inputs only, never the disk, so that nothing in a repository
 * can lead it elsewhere. It is loaded at the first call, since it takes 0.1 s.
 */
export async function detectFramework(input: FrameworkInput): Promise<Framework | undefined> {
  const { FileSystem, Project } = await import('@netlify/build-info');

  class RootFolder extends FileSystem {
    override cwd = '/';
    override getEnvironment(): Environment {
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the library exports its enum as a type only
      return 'browser' as Environment;
    }
    override async fileExists(path: string): Promise<boolean> {
      return posix.dirname(path) === '/' && input.names.includes(posix.basename(path));
    }
    override async readDir(path: string): Promise<string[]>;
    override async readDir(path: string, withFileTypes: true): Promise<Record<string, DirType>>;
    override async readDir(path: string, withFileTypes?: true): Promise<Record<string, DirType> | string[]> {
      const names = path === '/' ? input.names : [];
      return withFileTypes ? Object.fromEntries(names.map((name) => [name, 'file' as const])) : [...names];
    }
    override async readFile(path: string): Promise<string> {
      if (path === '/package.json') return input.packageJson;
      throw new Error(`${path} is not shown to the framework detection.`);
    }
    override resolve(...paths: string[]): string {
      return posix.resolve('/', ...paths);
    }
    override isAbsolute(path: string): boolean {
      return posix.isAbsolute(path);
    }
  }

  const project = new Project(new RootFolder(), '/', '/').setEnvironment({}).setReportFn(() => undefined);
  const [found] = await project.detectFrameworksInPath('/');
  if (found?.detected?.package === undefined) return undefined;
  return {
    id: found.id,
    name: found.name,
    command: found.build.command,
    outputDirectories: [join(found.build.directory).replace(/\/+$/, '')],
    hint: null,
    ...CORRECTIONS[found.id],
  };
}
