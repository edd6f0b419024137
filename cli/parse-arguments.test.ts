import { describe, expect, it } from 'vitest';
import { COMMANDS, GLOBAL_OPTIONS } from './commands/all.ts';
import { parseArguments } from './parse-arguments.ts';

function parse(line: string) {
  return parseArguments(line === '' ? [] : line.split(' '), {
    commands: COMMANDS,
    globalOptions: GLOBAL_OPTIONS,
    version: '1.2.3',
    columns: 80,
    paint: (_, text) => text,
  });
}

function callOf(line: string) {
  const parsed = parse(line);
  if (parsed.kind !== 'call') throw new Error(parsed.text);
  return { name: parsed.command.name, ...parsed.call };
}

describe('what was typed', () => {
  it('is a command with its words and options', () => {
    const { name, positionals, text, isSet } = callOf('deploy ./dist --name Site -b feature --no-wait');
    expect([name, positionals, text('name'), text('branch'), isSet('no-wait'), isSet('quiet')]).toEqual([
      'deploy',
      ['./dist'],
      'Site',
      'feature',
      true,
      false,
    ]);
    expect([text('ref'), text('production-branch'), callOf('deploy x').isSet('no-wait')]).toEqual([
      undefined,
      undefined,
      false,
    ]);
  });

  it.each([
    ['ls', 'list'],
    ['rollback x', 'promote'],
    ['whoami', 'status'],
  ])('%s is another name', (line, name) => {
    expect(callOf(line).name).toBe(name);
  });

  it.each(['--json --url http://h list', 'list --json --url http://h', 'list --url=http://h --json'])(
    '%s: what all commands take may stand anywhere',
    (line) => {
      const { text, isSet } = callOf(line);
      expect([text('url'), isSet('json')]).toEqual(['http://h', true]);
    },
  );

  it('may have words that look like options behind --', () => {
    expect(callOf('logs -- --follow').positionals).toEqual(['--follow']);
  });

  it.each([
    ['deploi x', "Unknown command 'deploi'.\n(Did you mean deploy?)"],
    ['https://h/x', '(Did you mean deploy https://h/x?)'],
    ['./dist', '(Did you mean deploy ./dist?)'],
    ['deploy --brunch x', "Unknown option '--brunch'.\n(Did you mean --branch?)"],
    ['logs', "Missing required argument 'deployment|project'."],
    ['cancel a b', "Too many arguments for 'cancel'. Expected 1 argument but got 2: a, b."],
    ['deploy --name', "Option '--name <name>' argument missing."],
    ['list --json=x', "Unknown option '--json=x'."],
    ['help nothing', 'Usage: offshoot'],
  ])('%s is a mistake that is explained', (line, expected) => {
    const parsed = parse(line);
    expect(parsed).toMatchObject({
      kind: 'mistake',
      text: expect.stringContaining(expected),
    });
  });

  it('may be nothing, or a wish for help', () => {
    expect(parse('')).toMatchObject({ kind: 'mistake', text: expect.stringContaining('Usage: offshoot') });
    for (const line of ['--help', '-h', 'help'])
      expect(parse(line)).toMatchObject({ kind: 'text', text: expect.stringContaining('Commands:') });
    expect(parse('--version')).toEqual({ kind: 'text', text: '1.2.3' });
  });
});

describe('help', () => {
  const shown = COMMANDS.filter(({ isHidden }) => isHidden !== true);

  it.each(shown.map((command) => [command.name, command] as const))(
    'of %s has its options, what all commands take, and examples that can be typed',
    (name, { options, examples }) => {
      for (const line of [`${name} --help`, `help ${name}`]) {
        const parsed = parse(line);
        const text = parsed.kind === 'text' ? parsed.text : '';
        for (const option of [...options, ...GLOBAL_OPTIONS]) expect(text).toContain(`--${option.name}`);
        expect(text).toContain('Examples:');
        expect(examples.length).toBeGreaterThan(0);
        expect(Math.max(...text.split('\n').map((each) => each.length))).toBeLessThan(110);
      }
    },
  );

  it('does not list what is for shells alone', () => {
    const { text } = parse('--help') as { text: string };
    expect(text).not.toMatch(/^ +complete\b/m);
    for (const { name } of shown) expect(text).toMatch(new RegExp(`^ +${name}\\b`, 'm'));
  });

  it('gives each name and each short option one meaning', () => {
    const names = COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const { options } of COMMANDS) {
      const letters = [...options, ...GLOBAL_OPTIONS].flatMap(({ short }) => short ?? []);
      expect(new Set(letters).size).toBe(letters.length);
    }
  });
});
