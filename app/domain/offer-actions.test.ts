import { describe, expect, it } from 'vitest';
import { type ActionSituation, offerActions } from './offer-actions.ts';

const READY: ActionSituation = {
  id: 'me',
  createdAt: 100,
  status: 'ready',
  source: 'git',
  commit: 'c'.repeat(40),
  isTrusted: true,
  hasSandbox: true,
  isPublished: true,
  cancelRequested: false,
  pinned: false,
  production: null,
};
const OPEN = { isPublished: false } as const;

describe('offerActions', () => {
  it.each<[string, Partial<ActionSituation>, string]>([
    ['what is queued', { ...OPEN, status: 'queued' }, 'cancel'],
    ['what starts', { ...OPEN, status: 'launching' }, 'cancel'],
    ['what is built', { ...OPEN, status: 'building' }, 'cancel'],
    ['what is being canceled', { ...OPEN, status: 'building', cancelRequested: true }, ''],
    ['what goes live at this moment', { status: 'building' }, ''],
    ['what waits for approval', { ...OPEN, status: 'blocked', isTrusted: false }, 'approve, cancel'],
    [
      'what waits for approval on a machine without a sandbox',
      { ...OPEN, status: 'blocked', isTrusted: false, hasSandbox: false },
      'cancel',
    ],
    ['a fork’s that is ready', { isTrusted: false }, 'redeploy, pin'],
    ['what failed', { ...OPEN, status: 'failed' }, 'redeploy, pin'],
    ['what was canceled', { ...OPEN, status: 'canceled' }, 'redeploy, pin'],
    ['what was superseded', { ...OPEN, status: 'superseded' }, 'redeploy, pin'],
    ['what was skipped', { ...OPEN, status: 'skipped' }, 'redeploy, pin'],
    ['what is ready, with nothing in production', {}, 'promote, redeploy, pin'],
    ['what production serves', { production: { id: 'me', createdAt: 100 } }, 'redeploy, pin'],
    ['what is newer than production', { production: { id: 'x', createdAt: 99 } }, 'promote, redeploy, pin'],
    [
      'what is older than production',
      { production: { id: 'x', createdAt: 101 } },
      'roll-back, redeploy, pin',
    ],
    [
      'what is as old, and stands below it',
      { production: { id: 'a', createdAt: 100 } },
      'roll-back, redeploy, pin',
    ],
    ['what is pinned', { pinned: true }, 'promote, redeploy, unpin'],
    ['an uploaded folder', { source: 'upload', commit: null }, 'promote, pin'],
    ['an uploaded folder whose commit is known', { source: 'upload' }, 'promote, pin'],
    ['what is ready without an artifact, which is a mistake', { isPublished: false }, 'redeploy, pin'],
  ])('of %s', (_name, changes, actions) => {
    expect(offerActions({ ...READY, ...changes }).join(', ')).toBe(actions);
  });
});
