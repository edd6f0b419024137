import type { styleText } from 'node:util';
import type { EmbeddedConfig } from './config.ts';

type Format = Parameters<typeof styleText>[0];
/** Paints text for a terminal; returns it as it is for a file, or when NO_COLOR is set. */
export type Paint = (format: Format, text: string) => string;

export interface WelcomeFacts {
  readonly config: Pick<EmbeddedConfig, 'appUrl' | 'domain' | 'dataFolder' | 'token'>;
  readonly tookMs: number;
  /** Undefined: the app made none. */
  readonly loginLink: string | undefined;
  readonly tokenFile: string;
  /** Where the database is when it is ours and not in the data folder. */
  readonly databaseElsewhere: string | undefined;
  readonly sandbox: { readonly isSetUp: boolean; readonly text: string };
}

interface Line {
  readonly name: string;
  readonly text: string;
  readonly format?: Format;
  /** What follows the text, less loud. */
  readonly remark?: string;
}

const NAME_WIDTH = 'Dashboard:'.length + 3;
const INDENT = '  ';

/** What a person needs who has just started Offshoot: where to go, where things are, what is missing. */
export function renderWelcome(facts: WelcomeFacts, paint: Paint): string {
  const head = `${paint(['bold', 'green'], 'Offshoot is ready')} (${(facts.tookMs / 1000).toFixed(1)} s). Ctrl-C stops it.`;
  return [head, '', ...linesOf(facts).map((line) => renderLine(line, paint)), ''].join('\n');
}

function linesOf({ config, loginLink, tokenFile, databaseElsewhere, sandbox }: WelcomeFacts): Line[] {
  const { appUrl, domain, dataFolder, token } = config;
  return [
    { name: 'Dashboard', text: appUrl, format: 'cyan' },
    signIn(appUrl, loginLink),
    { name: 'Sites', text: domain.replace('://', '://<project>.'), format: 'cyan' },
    { name: 'Data', text: dataFolder },
    ...elsewhere(databaseElsewhere),
    ...(token === undefined ? [{ name: 'Token', text: `in ${tokenFile}` }] : []),
    { name: 'Sandbox', text: sandbox.text, ...(sandbox.isSetUp ? {} : { format: 'yellow' as const }) },
    {
      name: 'GitHub',
      text: `${appUrl.replace(/\/$/, '')}/setup`,
      remark: '(push, and it is deployed)',
      format: 'cyan',
    },
  ];
}

function signIn(appUrl: string, loginLink: string | undefined): Line {
  const name = 'Sign in';
  if (loginLink === undefined)
    return { name, text: `${appUrl.replace(/\/$/, '')}/login`, remark: '(with the token)' };
  return { name, text: loginLink, format: ['cyan', 'underline'], remark: '(opens once, within 15 minutes)' };
}

/** The database of root stands elsewhere when others can't enter the data folder: who removes one must know both. */
function elsewhere(database: string | undefined): Line[] {
  if (database === undefined) return [];
  return [{ name: 'Database', text: database, remark: "(others can't enter the data folder)" }];
}

function renderLine({ name, text, format, remark }: Line, paint: Paint): string {
  const label = paint('dim', `${name}:`.padEnd(NAME_WIDTH));
  const shown = format === undefined ? text : paint(format, text);
  return INDENT + label + shown + (remark === undefined ? '' : ` ${paint('dim', remark)}`);
}
