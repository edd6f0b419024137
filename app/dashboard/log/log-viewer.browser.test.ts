import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  LAST_WORD_SEQ,
  type LogLine,
  MAX_LINE_BYTES,
  type StoredLogLine,
} from '../../../contracts/log-line.ts';
import { findBarriers, findLooseText, sidewaysPx } from '../../../test/support/accessibility.ts';
import { skipsBrowserTests } from '../../../test/support/chromium.ts';
import { findStumbles } from '../../../test/support/keyboard.ts';
import { makeLines } from '../../../test/support/log-lines.ts';
import {
  type LogViewerRoom,
  openLogViewerRoom,
  type OpenedLog,
} from '../../../test/support/log-viewer-room.ts';

const ESC = '\u001b';
const DARK = { colorScheme: 'dark' } as const;
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true } as const;

function linesOf(phase: LogLine['phase'], from: number, ...texts: string[]): LogLine[] {
  return texts.map((text, index) => ({
    seq: from + index,
    at: 1_760_000_000_000 + (from + index) * 1000,
    phase,
    stream: text.startsWith('npm error') ? 'stderr' : 'stdout',
    text,
  }));
}

/** A build that went wrong, with what builds print. */
const FAILED = [
  ...linesOf('checkout', 1, 'HEAD is now at 8753014 Let people sign in'),
  ...linesOf('install', 2, 'npm error optional, never mind', 'added 212 packages, found 0 errors'),
  ...linesOf(
    'build',
    4,
    `${ESC}[36mvite v6${ESC}[39m ${ESC}[32mbuilding…${ESC}[39m`,
    `${ESC}[1;31merror during build:`,
    'src/main.ts (4:9): "format" is not exported',
    `    at a.js${ESC}[0m`,
    `${ESC}[30;42m PASS ${ESC}[0m ${ESC}[37;41m FAIL ${ESC}[0m ${ESC}[7m inverse ${ESC}[0m ${ESC}[2mdim${ESC}[0m`,
    Array.from({ length: 16 }, (_, code) => `${ESC}[${code < 8 ? 30 + code : 82 + code}m${code}`).join(' '),
    Array.from({ length: 16 }, (_, code) => `${ESC}[${code < 8 ? 40 + code : 92 + code}m${code}`).join(' '),
    `${ESC}[0m${ESC}[38;5;17mdark blue ${ESC}[38;2;255;255;120mpale ${ESC}[48;2;20;20;60;38;2;40;40;90mdark on dark`,
    `${ESC}[0m${ESC}[3mitalic${ESC}[0m ${ESC}[4munderline${ESC}[0m ${ESC}[9mstruck${ESC}[0m`,
    'npm error code 1',
  ),
];

describe.skipIf(skipsBrowserTests())('the log viewer', () => {
  let room: LogViewerRoom;
  beforeAll(async () => {
    room = await openLogViewerRoom();
  });
  afterAll(() => room?.close());

  describe('shows what a build has printed', () => {
    test('with its colours, its phases and how it ended', async () => {
      const log = await room.open(await room.insertFinished('failed', FAILED));
      await log.state('Failed · log complete');
      expect((await log.seen()).slice(0, 8)).toEqual([
        'Checkout 1 line · 0 ms',
        '1 HEAD is now at 8753014 Let people sign in',
        'Install 2 lines · 1.0 s',
        '2 npm error optional, never mind',
        '3 added 212 packages, found 0 errors',
        'Build failed · 10 lines · 9.0 s',
        '4 vite v6 building…',
        '5 error during build:',
      ]);
      const text = (words: string) => log.page.locator('.log-holder .log-text span', { hasText: words });
      expect(await text('vite v6').getAttribute('class')).toBe('fg-cyan');
      expect(await text('at a.js').getAttribute('class')).toBe('fg-red bold');
      expect(await text('FAIL').getAttribute('class')).toBe('fg-white bg-red');
      expect(log.takeFaults()).toEqual([]);
      await log.close();
    });

    test('in any colour that it chose, as far as that can be read', async () => {
      const id = await room.insertFinished('failed', FAILED);
      const colors = async (options: object) => {
        const log = await room.open(id, options);
        await log.state('Failed');
        const found = await log.page.evaluate<string[]>(
          `['dark blue ', 'pale ', 'dark on dark'].map((text) =>
            getComputedStyle([...document.querySelectorAll('.log-text span')].find((span) => span.textContent === text)).color)`,
        );
        await log.close();
        return found;
      };
      const [light, dark] = [await colors({}), await colors(DARK)];
      expect(light[0]).toBe('rgb(0, 0, 95)');
      expect(dark[1]).toBe('rgb(255, 255, 120)');
      // What stands on a colour of the build's own is the same in both.
      expect([dark[0] !== light[0], dark[1] !== light[1], dark[2]]).toEqual([true, true, light[2]]);
    });

    test('as text, however hostile', async () => {
      const hostile = [
        '<script>window.harm = 1</script><img src=x onerror="window.harm = 1">',
        '&lt;b&gt; </div></section>',
        `click ${ESC}]8;;javascript:alert(1)${ESC}\\here${ESC}]8;;${ESC}\\ ${ESC}]0;title\u0007`,
        `a${ESC}[2J${ESC}[10;10H${ESC}[?1049hb\u0000\u0008\u0007`,
        'user\u202egnp.exe',
        'one\u2028two',
      ];
      const log = await room.open(await room.insertFinished('ready', linesOf('build', 1, ...hostile)));
      await log.state('Ready');
      expect((await log.seen()).slice(1)).toEqual([
        `1 ${hostile[0]}`,
        `2 ${hostile[1]}`,
        '3 click here ',
        '4 ab',
        '5 user⟨U+202E⟩gnp.exe',
        '6 one⟨U+2028⟩two',
      ]);
      expect(await log.page.evaluate('window.harm === undefined')).toBe(true);
      expect(await log.page.title()).toMatch(/^Log · main/);
      expect(await log.page.locator('.log-text :is(script, img, a, b)').count()).toBe(0);
      expect(await findLooseText(log.page)).toEqual([]);
      expect(log.takeFaults()).toEqual([]);
      await log.close();
    });

    test('in rows of the same height, also when lines have 64 KiB', async () => {
      const texts = Array.from({ length: 60 }, (_, index) =>
        `${index} `.padEnd(MAX_LINE_BYTES, 'abcdefghi '),
      );
      const log = await room.open(await room.insertFinished('ready', linesOf('build', 1, ...texts)), {
        hash: '#L30',
      });
      await log.state('Ready');
      const row = log.page.locator('.log-row.chosen').first();
      expect((await row.locator('.log-text').textContent())?.length).toBe(1000);
      expect(await log.page.locator('.log-row.chosen').count()).toBeGreaterThan(20);
      expect((await row.boundingBox())?.height).toBe(20);
      const longest = await log.page.evaluate(
        `Math.max(...[...document.querySelectorAll('.log-text')].map((text) => text.textContent.length))`,
      );
      expect(longest).toBe(1000);
      await log.close();
    });

    test('as the app tells it too: what became of an attempt, and that there was another', async () => {
      const id = await room.insertFinished('failed', FAILED.slice(0, 3), FAILED);
      const word: StoredLogLine = {
        attempt: 1,
        seq: LAST_WORD_SEQ,
        at: 1_760_000_009_000,
        phase: 'deploy',
        stream: 'system',
        text: 'The builder was lost.',
      };
      await room.app.store.append({ deploymentId: id, attempt: 1 }, [word]);
      const log = await room.open(id);
      await log.state('Failed');
      const seen = await log.seen();
      expect(seen).toContain(' The builder was lost.');
      expect(seen).toContain('Attempt 1: Offshoot 1 line · 0 ms');
      expect(seen).toContain('Attempt 2: Build failed · 10 lines · 9.0 s');
      await log.close();
    });
  });

  test('says how many lines are missing, and that a log is empty', async () => {
    const id = await room.insertFinished('ready', makeLines(1, 3));
    await room.app.end(id, { status: 'ready' }, 5);
    const log = await room.open(id);
    await log.state('Ready · 2 lines of the log missing');
    await log.close();
    const empty = await room.open(await room.insertFinished('failed', []));
    await empty.state('Failed · log complete');
    expect(await empty.page.locator('.log-note').textContent()).toBe('This log is empty.');
    await empty.close();
  });

  describe('finds the first error and offers it', () => {
    test('in the phase that failed', async () => {
      const log = await room.open(await room.insertFinished('failed', FAILED));
      await log.page.getByRole('button', { name: 'First error: line 5' }).click();
      expect(await log.page.locator('.log-row.chosen').textContent()).toBe('5error during build:');
      expect(new URL(log.page.url()).hash).toBe('#L5');
      await log.close();
    });

    test('but not of a build that went well', async () => {
      const log = await room.open(await room.insertFinished('ready', FAILED));
      await log.state('Ready');
      expect(await log.page.locator('[data-log-part="error"]').isVisible()).toBe(false);
      await log.close();
    });
  });

  test('tells the time of each line on demand, and remembers that somebody wanted it', async () => {
    const id = await room.insertFinished('failed', FAILED);
    const log = await room.open(id);
    await log.state('Failed');
    await log.page.getByLabel('Times').selectOption('elapsed');
    await vi.waitFor(async () => expect((await log.seen())[1]).toMatch(/^1 \+0:00\.000 HEAD/));
    expect((await log.seen())[3]).toMatch(/^2 \+0:01\.000 npm error/);
    await log.page.getByLabel('Times').selectOption('clock');
    await vi.waitFor(async () => expect((await log.seen())[1]).toMatch(/^1 08:53:21\.000 HEAD/));
    await log.page.reload();
    await log.state('Failed');
    await vi.waitFor(async () => expect((await log.seen())[1]).toMatch(/^1 08:53:21\.000 HEAD/));
    await log.close();
  });

  test('its page reads the log once, when it is shown, and not to see whether it has changed', async () => {
    const id = await room.insertFinished('ready', makeLines(1, 3));
    const before = room.app.reads();
    const page = await (await fetch(`${room.app.url}/deployments/${id}/log`)).text();
    expect(room.app.reads()).toBe(before + 1);
    const live = /data-live="([^"]+)"/.exec(page)?.[1] ?? '';
    const ask = () => fetch(room.app.url + live, { headers: { accept: 'application/json' } });
    const version = new URL(live, room.app.url).searchParams.get('version');
    expect(await (await ask()).json()).toEqual({ version });
    await room.app.store.append({ deploymentId: id, attempt: 1 }, makeLines(4, 5));
    expect(await (await ask()).json()).toEqual({ version });
    expect(room.app.reads()).toBe(before + 1);
  });

  describe('without JavaScript', () => {
    test('shows the last lines with their phases and colours, and where to find all', async () => {
      const lines = makeLines(1, 700, (seq) => (seq === 650 ? `${ESC}[31mred <b>${ESC}[0m` : `line ${seq}`));
      const log = await room.open(await room.insertFinished('failed', lines), { javaScriptEnabled: false });
      const text = (await log.page.locator('pre').textContent()) ?? '';
      expect(text.split('\n').slice(0, 2)).toEqual(['Build', '201line 201']);
      expect(text.trimEnd().split('\n').at(-1)).toBe('700line 700');
      expect(await log.page.locator('pre .fg-red').textContent()).toBe('red <b>');
      expect(await log.page.getByRole('searchbox').isVisible()).toBe(false);
      await log.page.getByRole('link', { name: 'All lines as text' }).click();
      expect(await log.page.locator('body').textContent()).toContain('line 1\nline 2\n');
      await log.close();
    });

    test('says that the store is out of reach, and that no line is lost', async () => {
      const id = await room.insertFinished('ready', FAILED);
      await room.storeNetwork.cut();
      const log = await room.open(id, { javaScriptEnabled: false });
      await room.storeNetwork.restore();
      expect(await log.page.locator('.log-note').textContent()).toContain('No line is lost');
      await log.close();
    });
  });

  describe('has no barriers', () => {
    const looks = { light: {}, dark: DARK, 'on a phone': PHONE, 'on a phone, dark': { ...PHONE, ...DARK } };

    test.each(Object.entries(looks))('%s', async (_, look) => {
      const id = await room.insertFinished('failed', FAILED.slice(0, 3), FAILED);
      const log = await room.open(id, look);
      await log.state('Failed');
      await expectNoBarriers(log);
      await log.page.getByRole('searchbox').fill('e');
      await log.page.getByText('of ', { exact: false }).first().waitFor();
      await log.page.getByRole('button', { name: /First error/ }).click();
      await log.page.getByLabel('Times').selectOption('elapsed');
      await expectNoBarriers(log);
      await log.close();
    });

    test.each([
      ['light', {}],
      ['dark', DARK],
    ])('where its script does not run, %s', async (_, look) => {
      const id = await room.insertFinished('failed', FAILED.slice(0, 3), FAILED);
      const log = await room.open(id, { ...look, isWithoutScripts: true });
      await expectNoBarriers(log);
      await log.close();
    });

    test('for a keyboard: every control is reached by Tab, in view and marked', async () => {
      const log = await room.open(await room.insertFinished('failed', FAILED));
      await log.state('Failed');
      expect(await findStumbles(log.page)).toEqual([]);
      await log.close();
    });

    test('for whom motion makes ill: nothing moves by itself', async () => {
      const log = await room.open(await room.app.insertDeployment(), { reducedMotion: 'reduce' });
      await log.state('Live');
      const moving = await log.page.evaluate(
        `document.getAnimations().length + [...document.querySelectorAll('*')].filter((element) => getComputedStyle(element).scrollBehavior === 'smooth').length`,
      );
      expect(moving).toBe(0);
      await log.close();
    });
  });
});

async function expectNoBarriers(log: OpenedLog): Promise<void> {
  expect(await findBarriers(log.page)).toEqual([]);
  expect(await sidewaysPx(log.page)).toBe(0);
}
