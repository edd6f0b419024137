import { describe, expect, it } from 'vitest';
import { planSubmodules, resolveSubmoduleUrl } from './parse-submodules.ts';

const parent = 'https://example.com/owner/site';
const commit = 'a'.repeat(40);

describe('the URL of a submodule', () => {
  it.each([
    ['https://example.com/x', 'https://example.com/x'],
    ['https://token@example.com/x', 'https://example.com/x'],
    ['../other.git', 'https://example.com/owner/other.git'],
    ['./below', 'https://example.com/owner/site/below'],
    ['../../elsewhere/x', 'https://example.com/elsewhere/x'],
    ['../../../../../x', 'https://example.com/x'],
  ])('%s is %s', (url, expected) => {
    expect(resolveSubmoduleUrl(url, parent, false)).toBe(expected);
  });

  it.each([
    'http://example.com/x',
    'git@h:x',
    'ssh://h/x',
    'ext::id',
    'file:///etc',
    '/etc',
    '-x',
    '',
    'other',
    'https://h/a b',
  ])('%s is refused', (url) => {
    expect(resolveSubmoduleUrl(url, parent, false)).toBeUndefined();
  });

  it('may be a folder when local repositories are allowed', () => {
    expect(resolveSubmoduleUrl('../other', 'file:///srv/site', true)).toBe('file:///srv/other');
  });
});

describe('the plan of submodules', () => {
  it('takes the last word of .gitmodules for each path, whatever its name', () => {
    const settings = [
      'submodule.a.path\nlib/a',
      'submodule.a.url\nhttps://example.com/old',
      'submodule.a.url\nhttps://example.com/new',
      'submodule.b.c.path\nlib/b\nwith a line break',
      'submodule.b.c.url\n../b',
      'submodule.unused.path\nnowhere',
      'submodule.unused.url\next::id',
    ].join('\0');
    const gitlinks = [
      { path: 'lib/a', commit },
      { path: 'lib/b\nwith a line break', commit },
      { path: 'lib/c', commit },
    ];
    expect(planSubmodules(gitlinks, settings, parent, false)).toEqual({
      ok: true,
      submodules: [
        { path: 'lib/a', commit, href: 'https://example.com/new' },
        { path: 'lib/b\nwith a line break', commit, href: 'https://example.com/owner/b' },
      ],
      warnings: ['Submodule "lib/c" has no URL in .gitmodules: its folder stays empty.'],
    });
  });

  it('names what it refuses, without the password in it', () => {
    const settings = 'submodule.a.path\na\0submodule.a.url\nssh://me:s3cret@host/x';
    const plan = planSubmodules([{ path: 'a', commit }], settings, parent, false);
    expect(plan.ok || plan.message).toContain('"ssh://host/x"');
  });
});
