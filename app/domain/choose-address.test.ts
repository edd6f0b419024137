import { describe, expect, it } from 'vitest';
import { chooseAddress, type HostState } from './choose-address.ts';

const production = (state: HostState['state'], deploymentId: string | null = null): HostState => ({
  kind: 'production',
  state,
  deploymentId,
});
const branch = (state: HostState['state'], deploymentId: string | null = null): HostState => ({
  ...production(state, deploymentId),
  kind: 'branch',
});
const own = (state: HostState['state'], deploymentId: string | null = null): HostState => ({
  ...production(state, deploymentId),
  kind: 'deployment',
});

describe('chooseAddress', () => {
  it.each([
    [
      'what production serves',
      'ready',
      [own('live', 'me'), branch('live', 'me'), production('live', 'me')],
      'production now',
    ],
    [
      'what its branch serves',
      'ready',
      [own('live', 'me'), branch('live', 'me'), production('live', 'new')],
      'branch now',
    ],
    [
      'an older one',
      'ready',
      [own('live', 'me'), branch('live', 'new'), production('live', 'new')],
      'deployment now',
    ],
    ['a preview', 'ready', [own('live', 'me'), branch('live', 'me')], 'branch now'],
    [
      'one that waits',
      'queued',
      [own('waiting', 'me'), branch('waiting', 'me'), production('live', 'old')],
      'production later',
    ],
    ['a tag that is built', 'building', [own('waiting', 'me')], 'deployment later'],
    [
      'one that failed',
      'failed',
      [own('failed', 'me'), branch('live', 'old'), production('live', 'old')],
      undefined,
    ],
    ['one that was canceled', 'canceled', [own('gone')], undefined],
  ] as const)('of %s (%s)', (_name, status, hosts, expected) => {
    const chosen = chooseAddress({ id: 'me', status }, hosts);
    expect(chosen && `${chosen.host.kind} ${chosen.when}`).toBe(expected);
  });
});
