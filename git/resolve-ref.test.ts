import { describe, expect, it } from 'vitest';
import { resolveRef } from './resolve-ref.ts';

const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];
const refs = {
  defaultBranch: 'trunk',
  branches: new Map([
    ['trunk', one],
    ['feature/login', two],
    ['abc1234', two],
    ['both', one],
  ]),
  tags: new Map([
    ['v1.0', three],
    ['both', three],
  ]),
};

describe('what is deployed', () => {
  it.each([
    [undefined, 'branch', 'trunk', one],
    ['feature/login', 'branch', 'feature/login', two],
    ['refs/heads/feature/login', 'branch', 'feature/login', two],
    ['v1.0', 'tag', 'v1.0', three],
    ['both', 'branch', 'both', one],
    ['refs/tags/both', 'tag', 'both', three],
    ['abc1234', 'branch', 'abc1234', two],
    [two, 'commit', two, two],
    [three.toUpperCase(), 'commit', three, three],
  ])('%s is a %s', (asked, kind, name, commit) => {
    expect(resolveRef(refs, asked)).toEqual({ ok: true, kind, name, commit, isListed: true });
  });

  it.each([
    ['feature/logn', 'Did you mean "feature/login"?'],
    ['TRUNK', 'Did you mean "trunk"?'],
    ['v1.1', 'Did you mean "v1.0"?'],
    ['nothing-like-it', 'no branch or tag "nothing-like-it".'],
    ['deadbeef', 'all 40 hexadecimal digits'],
    ['refs/tags/trunk', 'no branch or tag'],
    ['', 'no branch or tag'],
    ['\u001b[2J', String.raw`"\u001b[2J"`],
  ])('%j is refused: %s', (asked, expected) => {
    const result = resolveRef(refs, asked);
    expect(result.ok || result.message).toContain(expected);
  });

  it('is main or master when the remote names no default', () => {
    const branches = new Map([['master', one]]);
    expect(resolveRef({ ...refs, defaultBranch: null, branches })).toMatchObject({ name: 'master' });
    expect(resolveRef({ ...refs, defaultBranch: 'gone', branches })).toMatchObject({ name: 'master' });
  });

  it('must be said when nothing is clear', () => {
    const unclear = resolveRef({ ...refs, defaultBranch: null, branches: new Map([['x', one]]) });
    expect(unclear.ok || unclear.message).toContain('say which branch');
    const empty = resolveRef({ defaultBranch: null, branches: new Map(), tags: new Map() });
    expect(empty.ok || empty.message).toContain('no branch yet');
  });
});
