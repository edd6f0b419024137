// The first step of every script, in plain JavaScript that any Node can read: Offshoot runs TypeScript
// directly, on the Node that package.json pins. Used alone it only checks; with a file it goes on to run it.
import { pathToFileURL } from 'node:url';

const NEEDED_MAJOR = 24;
const major = Number(process.versions.node.split('.')[0]);

if (!(major >= NEEDED_MAJOR)) {
  process.stderr.write(
    `Offshoot needs Node ${NEEDED_MAJOR}; this is Node ${process.versions.node} (${process.execPath}).\n` +
      `It brings its own: run \`npm ci\` in this folder and start scripts with \`npm run …\`.\n` +
      `If you did, npm was told to skip install scripts: run \`npm rebuild node\`, or \`npm ci --ignore-scripts=false\`.\n`,
  );
  process.exit(1);
}

const [script, ...rest] = process.argv.slice(2);
if (script !== undefined) {
  process.argv = [process.argv[0] ?? 'node', script, ...rest];
  await import(pathToFileURL(script).href);
}
