import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, GLOBAL_OPTIONS } from '../cli/commands/all.ts';
import { BROKEN_PIPE, EXIT_CODES, exitCodeOf } from '../cli/exit-codes.ts';
import { parseArguments } from '../cli/parse-arguments.ts';

let page: string;
beforeAll(async () => {
  page = await readFile(path.join(import.meta.dirname, 'cli.md'), 'utf8');
});

const shown = COMMANDS.filter(({ isHidden }) => isHidden !== true);

/** The words of a command line as a shell splits those of the page and of help. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}

function parse(line: string) {
  return parseArguments(splitWords(line), {
    commands: COMMANDS,
    globalOptions: GLOBAL_OPTIONS,
    version: '0',
    columns: 100,
    paint: (_, text) => text,
  });
}

/** Every `offshoot …` of a text, without what a shell does with it before and behind. */
function commandsIn(text: string): string[] {
  const lines = [...text.matchAll(/(?:^|\| |\(|npx |&& )offshoot ((?:[^\n#|)"]|"[^"]*")+)/gm)];
  return lines.map(([, line = '']) => line.trim().replace(/ <.*$/, ''));
}

describe('docs/cli.md', () => {
  it.each(shown.map((command) => [command.name, command] as const))(
    'explains %s with its other names and its options, and shows an example',
    (name, { aliases = [], options }) => {
      expect(page).toMatch(new RegExp(`^### .*\\b${name}\\b`, 'm'));
      expect(page).toContain(`offshoot ${name}`);
      for (const alias of aliases) expect(page).toMatch(new RegExp(`\`(?:offshoot )?${alias}\``));
      for (const option of options) {
        expect(page).toContain(`\`--${option.name}`);
        expect(page.includes(`\`-${option.short ?? ''}\`, `) || option.short === undefined).toBe(true);
      }
    },
  );

  it('names what all commands take', () => {
    for (const { name } of GLOBAL_OPTIONS) expect(page).toContain(`\`--${name}`);
  });

  it('has all exit codes', () => {
    const codes = [...Object.values(EXIT_CODES), exitCodeOf('SIGINT'), BROKEN_PIPE];
    const rows = [...page.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
    expect(rows).toEqual(codes.toSorted((a, b) => a - b));
  });

  it('has only commands that are understood, and so has help', () => {
    const fenced = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block).join('\n');
    const examples = COMMANDS.flatMap(({ examples }) => examples.map(({ command }) => command)).join('\n');
    const lines = [...commandsIn(fenced), ...commandsIn(examples)];
    expect(lines.length).toBeGreaterThan(40);
    for (const line of lines) expect([line, parse(line).kind]).toEqual([line, 'call']);
  });
});
