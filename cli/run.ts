import { CliError, Interrupted } from './cli-error.ts';
import { COMMANDS, GLOBAL_OPTIONS } from './commands/all.ts';
import type { Session } from './commands/command.ts';
import { connectToServer } from './connect.ts';
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts';
import { createPaint, decideColours } from './output/colours.ts';
import { createPrinter } from './output/printer.ts';
import { jsonText, plainText } from './output/terminal-text.ts';
import { parseArguments } from './parse-arguments.ts';
import type { System } from './system.ts';

const PAGE_COLUMNS = 100;

/** Does what the words ask for. Returns the exit code; nothing that can be expected throws. */
export async function run(words: readonly string[], system: System, version: string): Promise<number> {
  const { output, env } = system;
  const paint = createPaint(decideColours(env, output.isTTY === true));
  const columns = Math.min(output.columns ?? PAGE_COLUMNS, PAGE_COLUMNS);
  const parsed = parseArguments(words, {
    commands: COMMANDS,
    globalOptions: GLOBAL_OPTIONS,
    version,
    columns,
    paint,
  });
  if (parsed.kind === 'text') {
    output.write(`${parsed.text}\n`);
    return EXIT_CODES.ok;
  }
  // A program that asked for JSON gets it, though its words were not understood.
  if (parsed.kind === 'mistake') return sayMistake(parsed.text, words.includes('--json'), system);
  const { command, call } = parsed;
  const isJson = call.isSet('json');
  const printer = createPrinter(system, { isJson });
  const flags = { url: call.text('url'), token: call.text('token') };
  const session: Session = { system, printer, flags, connect: () => connectToServer(system, flags) };
  try {
    return await command.run(call, session);
  } catch (error) {
    return sayError(error, isJson, system);
  } finally {
    printer.show(undefined);
  }
}

function sayMistake(text: string, isJson: boolean, { errors }: System): number {
  if (isJson) errors.write(`${describeError('usage', text, EXIT_CODES.usage)}\n`);
  else errors.write(`${text}\n`);
  return EXIT_CODES.usage;
}

function sayError(error: unknown, isJson: boolean, system: System): number {
  const { errors, env, stop } = system;
  // What a signal ended may fail in its own words.
  const interrupted = error instanceof CliError || error instanceof Interrupted ? error : stop.reason;
  if (interrupted instanceof Interrupted) {
    if (!isJson && errors.isTTY === true) errors.write('\n');
    return exitCodeOf(interrupted.signal);
  }
  const paint = createPaint(decideColours(env, errors.isTTY === true));
  const known = error instanceof CliError ? error : describeBug(error);
  // What the server said is a stranger's text.
  const message = known.message.split('\n').map(plainText).join('\n');
  if (isJson) errors.write(`${describeError(known.code, known.message, known.exitCode)}\n`);
  else errors.write(`${paint('red', '✗')} ${message}\n`);
  return known.exitCode;
}

function describeError(code: string, message: string, exitCode: number): string {
  return jsonText({ error: { code, message, exitCode } });
}

function describeBug(error: unknown): CliError {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CliError('bug', `This is a mistake in Offshoot's command line.\n${what}`, EXIT_CODES.bug);
}
