import { EXIT_CODES } from '../exit-codes.ts';
import { createLogPrinter } from '../output/log-printer.ts';
import type { Printer } from '../output/printer.ts';
import { usageError } from '../cli-error.ts';
import { type LogLine } from '../server/answers.ts';
import type { ApiClient } from '../server/api-client.ts';
import { readNewestDeployment, readProjectOrDeployment } from '../server/find-project.ts';
import { followLog } from '../server/follow-log.ts';
import { readLog } from '../server/read-log.ts';
import type { Call, Command, Session } from './command.ts';

export const logsCommand: Command = {
  name: 'logs',
  about: 'Show the log of a deployment',
  details:
    'Of a project, that of its newest deployment. The lines go to standard output as the build wrote them; a terminal gets their colours and a heading for each phase.',
  positionals: [
    {
      name: 'deployment|project',
      isRequired: true,
      about: 'id or address of a deployment, or the name of a project',
      completion: 'project-or-deployment',
    },
  ],
  options: [
    {
      name: 'follow',
      short: 'f',
      about: 'go on until it ends; the exit code is 1 when it is not ready then',
    },
    {
      name: 'branch',
      short: 'b',
      value: 'branch',
      about: 'of a project: the newest deployment of this branch',
    },
    {
      name: 'since',
      value: 'time',
      about: 'only lines of the last 30s, 10m, 2h or 1d, or since a time such as 2026-01-31T12:00:00Z',
    },
    { name: 'times', short: 't', about: 'the time of each line before it' },
  ],
  examples: [
    { command: 'offshoot logs my-site', about: 'the log of the newest deployment' },
    { command: 'offshoot logs --follow k3v9x0p2m7q4w8z1c5b6', about: 'live, until it ends' },
    {
      command: 'offshoot logs my-site --branch feature | grep -i error',
      about: 'piped: no colours, no headings',
    },
  ],
  run: showLogs,
};

async function showLogs(call: Call, session: Session): Promise<number> {
  const { system, printer } = session;
  const since = parseSince(call.text('since'), system.now());
  const client = await session.connect();
  const found = await readProjectOrDeployment(client, call.positionals[0] ?? '');
  const { id } =
    'deployment' in found
      ? found.deployment
      : await readNewestDeployment(client, found.project, call.text('branch'));
  const print = createPrint(printer, call.isSet('times'));
  const printLate = async (line: LogLine): Promise<void> => (line.at >= since ? print(line) : undefined);
  return call.isSet('follow')
    ? followToEnd(client, id, session, printLate)
    : readSoFar(client, id, session, printLate);
}

async function readSoFar(
  client: ApiClient,
  id: string,
  { system, printer }: Session,
  print: (line: LogLine) => Promise<void>,
): Promise<number> {
  let isEmpty = true;
  for await (const line of readLog(client, id, system.stop)) {
    isEmpty = false;
    await print(line);
  }
  if (isEmpty) await printer.say('There is no line yet. With --follow they are shown as they come.');
  return EXIT_CODES.ok;
}

async function followToEnd(
  client: ApiClient,
  id: string,
  { system, printer }: Session,
  print: (line: LogLine) => Promise<void>,
): Promise<number> {
  for await (const event of followLog(client, id, system)) {
    if (event.kind === 'line') await print(event.line);
    if (event.kind === 'lost') await printer.say('The connection is lost; trying again…');
    if (event.kind === 'delayed') await printer.say('The log is late: its store is out of reach.');
    if (event.kind === 'result') return event.result.status === 'ready' ? EXIT_CODES.ok : EXIT_CODES.failed;
  }
  return EXIT_CODES.failed;
}

function createPrint(printer: Printer, hasTimes: boolean): (line: LogLine) => Promise<void> {
  if (printer.isJson) return (line) => printer.printJson(line);
  return createLogPrinter({
    write: printer.print,
    paint: printer.paint,
    hasColours: printer.hasResultColours,
    hasHeadings: printer.isResultShown,
    hasTimes,
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Epoch milliseconds of `10m` (ago) or of a time; 0 when nothing was given. */
export function parseSince(text: string | undefined, now: number): number {
  if (text === undefined) return 0;
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? 0);
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw usageError(
    `--since is "${text}": 30s, 10m, 2h, 1d or a time such as 2026-01-31T12:00:00Z is expected.`,
  );
}
