// Checks the import borders with dependency-cruiser. It fails when a border is crossed, when a source file is in no
// room, and when dependency-cruiser read no module (it does so silently when its TypeScript parser is missing).
import { cruise } from 'dependency-cruiser';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BORDERS, ROOTS } from './borders.mjs';

const ANYWHERE = ['test', 'bench', 'scripts'];
const escape = (path) => path.replaceAll('.', '\\.');
const inside = (path) => (/\.\w+$/.test(path) ? `^${escape(path)}$` : `^${escape(path)}/`);
const TEST = '\\.test\\.ts$';

/** The visitor that dependency-cruiser reads with stops at `using`, which it has never heard of. */
const { Visitor } = createRequire(import.meta.url)('@swc/core/Visitor.js');
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function visitAlsoUsing(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  this.visitVariableDeclarators(statement.decls);
  return statement;
};

/** The rooms inside another room: `builder/config.ts` is no part of `builder`. */
function nestedIn(room) {
  return [...Object.keys(BORDERS), ...ROOTS].filter((other) => other.startsWith(`${room}/`));
}

function ruleOf([room, allowed]) {
  return {
    name: `border-of-${room}`,
    severity: 'error',
    from: { path: inside(room), pathNot: [TEST, ...nestedIn(room).map(inside)] },
    to: {
      dependencyTypesNot: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'],
      pathNot: [inside(room), ...allowed.map(inside), '^node_modules/'],
    },
  };
}

const rules = [
  ...Object.entries(BORDERS).map(ruleOf),
  {
    name: 'roots-are-not-imported',
    severity: 'error',
    from: { path: '.', pathNot: [TEST, ...ROOTS.map(inside), ...ANYWHERE.map(inside)] },
    to: { path: ROOTS.map(inside) },
  },
  {
    name: 'config-is-read-by-its-main-only',
    severity: 'error',
    from: { path: '.', pathNot: [TEST, '(^|/)main\\.ts$', ...ANYWHERE.map(inside)] },
    to: { path: '^[a-z]+/config\\.ts$', pathNot: '^embedded/' },
  },
  {
    name: 'tests-are-not-imported',
    severity: 'error',
    from: { path: '.', pathNot: [TEST, '^test/', '^bench/', '^demo/', '^vitest\\.config\\.ts$'] },
    to: { path: ['^test/', TEST] },
  },
  {
    name: 'no-cycles',
    severity: 'error',
    from: {},
    to: { circular: true, dependencyTypesNot: ['type-only'] },
  },
];

function hasSources(folder) {
  return readdirSync(folder, { recursive: true }).some((name) => name.endsWith('.ts'));
}

function topFolders(root) {
  return readdirSync(root).filter(
    (name) =>
      !name.startsWith('.') &&
      name !== 'node_modules' &&
      statSync(join(root, name)).isDirectory() &&
      hasSources(join(root, name)),
  );
}

function homelessOf(modules) {
  const rooms = [...Object.keys(BORDERS), ...ROOTS, ...ANYWHERE].map((room) => new RegExp(inside(room)));
  return modules.filter(
    ({ source }) =>
      source.endsWith('.ts') &&
      !source.endsWith('.test.ts') &&
      source.includes('/') &&
      !source.startsWith('node_modules/') &&
      !rooms.some((room) => room.test(source)),
  );
}

/** @returns {Promise<{ read: number, problems: string[] }>} */
export async function checkBorders(root) {
  const { output } = await cruise(topFolders(root), {
    baseDir: root,
    ruleSet: { forbidden: rules },
    validate: true,
    parser: 'swc',
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'test/fixtures/repositories' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  });
  const modules = output.modules.filter(({ source }) => source.endsWith('.ts'));
  const edges = modules.flatMap(({ dependencies }) => dependencies).length;
  const problems = output.summary.violations.map(
    ({ rule, from, to }) => `${from} must not import ${to} (${rule.name})`,
  );
  for (const { source } of homelessOf(output.modules))
    problems.push(`${source} is in no room of scripts/borders.mjs`);
  if (modules.length === 0 || edges === 0) {
    problems.push(
      `dependency-cruiser read ${modules.length} modules and ${edges} imports: is @swc/core installed?`,
    );
  }
  return { read: modules.length, problems };
}

if (import.meta.main) {
  const { read, problems } = await checkBorders(process.cwd());
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(`borders: ${read} modules read, ${problems.length} problems\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
