import { describe, expect, it } from 'vitest';
import { FAILURE_REASONS } from '../../contracts/phases.ts';
import { parseOffshootJson } from '../../builder/detect/offshoot-json.ts';
import { SETTINGS } from '../config.ts';
import { explainFailure } from './explain-failure.ts';

const NAMES = Object.values(SETTINGS).map(({ name }) => name);

describe.each(FAILURE_REASONS)('%s', (reason) => {
  const { title, means, cures } = explainFailure(reason);

  it('says in whole sentences what it means and what to do', () => {
    expect(title).toMatch(/^[A-Z][^.]{8,60}$/);
    for (const text of [means, ...cures]) expect(text).toMatch(/^[A-Z].{20,}\.$/);
    expect(cures.length).toBeGreaterThan(0);
  });

  it('names no setting, and no key of offshoot.json, that does not exist', () => {
    const text = [means, ...cures].join(' ');
    expect(text.match(/OFFSHOOT_\w+/g) ?? []).toSatisfy((names: string[]) =>
      names.every((name) => NAMES.includes(name)),
    );
    for (const [, key] of text.matchAll(/"(\w+)"/g)) {
      const value = key === 'node' ? 24 : 'x';
      expect(parseOffshootJson(JSON.stringify({ [String(key)]: value }), 'offshoot.json').ok).toBe(true);
    }
  });
});

it.each([
  ['out_of_memory', ['OFFSHOOT_MAX_MEMORY_BYTES']],
  ['timeout', NAMES.filter((name) => /^OFFSHOOT_(CHECKOUT|INSTALL|BUILD|PUBLISH)_TIMEOUT_MS$/.test(name))],
  ['limit_exceeded', NAMES.filter((name) => /^OFFSHOOT_MAX_(REPOSITORY|DISK|PROCESSES|OUTPUT)/.test(name))],
] as const)('%s names every setting that it may be about', (reason, names) => {
  const text = explainFailure(reason).cures.join(' ');
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(text).toContain(name);
});
