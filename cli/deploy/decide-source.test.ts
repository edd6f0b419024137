import { describe, expect, it } from 'vitest';
import { decideSource } from './decide-source.ts';

const decide = (text: string, found: 'folder' | 'file' | 'nothing' = 'nothing') =>
  decideSource(text, `/here/${text}`, found);

describe('what is deployed', () => {
  it.each(['dist', './dist', '/srv/x', 'github.com/o/r', 'git@github.com:o'])(
    '%s is a folder when it is one',
    (text) => {
      expect(decide(text, 'folder')).toEqual({ kind: 'folder', folder: `/here/${text}` });
    },
  );

  it.each([
    'https://github.com/o/r',
    'http://h/x',
    'file:///srv/git/x',
    'HTTPS://h/x',
    'https://user:token@h/x',
  ])('%s is a repository', (text) => {
    expect(decide(text)).toEqual({ kind: 'repository', url: text });
  });

  it.each([
    ['./missing', 'There is no folder ./missing here (/here/./missing)'],
    ['missing', 'There is no folder missing here'],
    ['../a.example/x', 'There is no folder ../a.example/x here (/here'],
    ['github.com/owner/site', 'If it is a repository: https://github.com/owner/site'],
    ['git@github.com:owner/site.git', 'https://github.com/owner/site.git'],
    ['gitlab.example.com:owner/site', 'https://gitlab.example.com/owner/site'],
    ['ssh://git@github.com:22/owner/site', 'https://github.com/owner/site'],
    ['git://github.com/owner/site', 'https://github.com/owner/site'],
    ['ftp://example.com/x', 'begins with https://'],
    ['', 'empty'],
  ])('%s is nothing, which is explained', (text, expected) => {
    const decided = decide(text);
    expect(decided).toEqual({ kind: 'none', message: expect.stringContaining(expected) });
  });

  it('a file is told from its folder', () => {
    expect(decide('dist/index.html', 'file')).toMatchObject({
      message: expect.stringContaining('is a file'),
    });
  });
});
