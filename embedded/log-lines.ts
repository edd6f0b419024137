const LEVELS: ReadonlyMap<unknown, string> = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warning'],
  [50, 'error'],
  [60, 'fatal'],
]);
const ERROR = 50;
/** What every line of a log has, or what is told in words. */
const FRAME = ['level', 'time', 'pid', 'hostname', 'name', 'msg', 'err'];
/** Names from outside stand in logs: none of them may steer the terminal. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * One line of a program's log for people: what happened and why, in place of JSON. A bug keeps its stack; errors with a
 * code come from systems and servers, and their words are enough. What is no line of a log stays what it is.
 */
export function formatLogLine(program: string, line: string): string {
  return describe(program, line).replaceAll(CONTROL, '?');
}

function describe(program: string, line: string): string {
  const entry = parseEntry(line);
  if (entry === undefined) return line;
  const { message, stack, code } = (entry['err'] ?? {}) as {
    message?: string;
    stack?: string;
    code?: string;
  };
  const said = [entry['msg'], message].filter((part) => part !== undefined && part !== '').join(': ');
  const details = Object.entries(entry).filter(([name]) => !FRAME.includes(name));
  const shown = details.length === 0 ? '' : ` (${details.map(formatDetail).join(', ')})`;
  const level = LEVELS.get(entry['level']) ?? 'info';
  const trace =
    stack !== undefined && code === undefined && Number(entry['level']) >= ERROR ? `\n${indent(stack)}` : '';
  return `${program}: ${level}: ${said}${shown}${trace}`;
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  try {
    const entry = JSON.parse(line) as unknown;
    const isEntry = typeof entry === 'object' && entry !== null && 'level' in entry && 'time' in entry;
    return isEntry ? { ...entry } : undefined;
  } catch {
    return undefined;
  }
}

function formatDetail([name, value]: [string, unknown]): string {
  return `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
