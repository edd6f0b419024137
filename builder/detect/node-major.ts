import semver from 'semver';
import { nodeMajorSchema } from '../../contracts/build-spec.ts';
import { DEFAULT_NODE_MAJOR, NODE_CODENAMES, NODE_PREFERENCE, NODE_VERSIONS } from '../toolchain/versions.ts';

/** Everything that may name a Node version, as it was found. */
export interface NodeRequests {
  /** offshoot.json or the project's settings. */
  readonly setting: number | undefined;
  /** Contents of `.nvmrc` and `.node-version`. */
  readonly nvmrc: string | undefined;
  readonly nodeVersion: string | undefined;
  /** `engines.node` of package.json. */
  readonly engines: string | undefined;
}

export interface NodeChoice {
  readonly major: number;
  /** For the log: which Node and why. */
  readonly note: string;
}

/** The first that can be understood decides: setting, .nvmrc, .node-version, engines, our default. */
export function chooseNodeMajor(requests: NodeRequests): NodeChoice {
  if (requests.setting !== undefined)
    return { major: requests.setting, note: `Node ${requests.setting}, as set.` };
  const sources = [
    ['.nvmrc', requests.nvmrc, majorOfVersionFile],
    ['.node-version', requests.nodeVersion, majorOfVersionFile],
    ['"engines" in package.json', requests.engines, majorOfRange],
  ] as const;
  const ignored: string[] = [];
  for (const [name, text, parse] of sources) {
    const major = text === undefined ? undefined : parse(text.trim());
    if (major !== undefined) return { major, note: `Node ${major}, because of ${name}.${ignored.join('')}` };
    if (text !== undefined)
      ignored.push(
        ` ${name} asks for ${JSON.stringify(text.trim().slice(0, 50))}, which is not available here.`,
      );
  }
  return { major: DEFAULT_NODE_MAJOR, note: `Node ${DEFAULT_NODE_MAJOR}, the default.${ignored.join('')}` };
}

/** `22`, `v22.11.0`, `lts/jod`, `lts/*`, `node`; undefined when it is none of these or out of bounds. */
export function majorOfVersionFile(text: string): number | undefined {
  const [line = ''] = text.split(/\s/);
  if (['lts/*', 'lts', 'node', 'stable', 'current'].includes(line)) return DEFAULT_NODE_MAJOR;
  const codename = /^lts\/([a-z]+)$/i.exec(line)?.[1];
  if (codename !== undefined) return NODE_CODENAMES[codename.toLowerCase()];
  return checkMajor(/^(?:node-)?v?(\d{1,2})(?:\.[\dx*]+)*$/.exec(line)?.[1]);
}

/** The preferred major of which some release satisfies the range. */
export function majorOfRange(range: string): number | undefined {
  const accepts = (version: string) => semver.satisfies(version, range);
  const preferred = NODE_PREFERENCE.find((major) => accepts(NODE_VERSIONS[major] ?? ''));
  if (preferred !== undefined) return preferred;
  // A range such as `21` or `24.1.0` holds none of our releases: the major of its least version, then.
  const valid = semver.validRange(range);
  return valid === null ? undefined : checkMajor(semver.minVersion(valid)?.major.toString());
}

function checkMajor(digits: string | undefined): number | undefined {
  const parsed = nodeMajorSchema.safeParse(digits === undefined ? undefined : Number(digits));
  return parsed.success ? parsed.data : undefined;
}
