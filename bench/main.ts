// Runs one benchmark: `npm run bench -- <name>` runs bench/<name>.ts, whose default export resolves with figures
// (units in their keys). The last line of the output is one JSON object: `name` and the figures.
import { readdir } from 'node:fs/promises';

type Benchmark = () => Promise<Readonly<Record<string, number>>>;

async function listBenchmarks(): Promise<string[]> {
  const files = await readdir(import.meta.dirname);
  return files.filter((file) => file.endsWith('.ts') && file !== 'main.ts').map((file) => file.slice(0, -3));
}

const [name] = process.argv.slice(2);
const names = await listBenchmarks();
if (name === undefined || !names.includes(name)) {
  console.error(`Say which benchmark: npm run bench -- <${names.join(' | ')}>`);
  process.exit(1);
}
const { default: run } = (await import(`./${name}.ts`)) as { default: Benchmark };
const figures = await run();
const rounded = Object.entries(figures).map(([key, figure]) => [key, Number(figure.toPrecision(4))]);
console.log(JSON.stringify({ name, ...Object.fromEntries(rounded) }));
