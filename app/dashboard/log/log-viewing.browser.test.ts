import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LogLine } from '../../../contracts/log-line.ts';
import { skipsBrowserTests } from '../../../test/support/chromium.ts';
import { upTo } from '../../../test/support/log-apps.ts';
import { makeLines } from '../../../test/support/log-lines.ts';
import {
  type LogViewerRoom,
  openLogViewerRoom,
  type OpenedLog,
} from '../../../test/support/log-viewer-room.ts';

const MANY = 200_000;
/** Rows in view and around it, for a window of 800 pixels. */
const MAX_ROWS = 120;
const LOAD_TIMEOUT_MS = 90_000;
const WAIT = { timeout: 20_000, interval: 50 };
const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };

function inPhases(lines: LogLine[], installed: number): LogLine[] {
  return lines.map((line) => ({ ...line, phase: line.seq <= installed ? 'install' : 'build' }));
}

describe.skipIf(skipsBrowserTests())('a log of 200,000 lines', () => {
  let room: LogViewerRoom;
  let log: OpenedLog;
  beforeAll(async () => {
    room = await openLogViewerRoom();
    const text = (seq: number) =>
      `[${seq}] \u001b[32m✓\u001b[39m src/feature-${seq % 977}.tsx ${seq === 123_456 ? 'needle' : 'hay'} ${'x'.repeat(40)}`;
    log = await room.open(await room.insertFinished('ready', inPhases(makeLines(1, MANY, text), 1000)));
    await log.page
      .locator('[data-log-part="state"]', { hasText: 'complete' })
      .waitFor({ timeout: LOAD_TIMEOUT_MS });
  }, 2 * LOAD_TIMEOUT_MS);
  afterAll(() => room?.close());

  const scroll = async (script: string): Promise<void> => {
    await log.page.evaluate(`{ const log = document.querySelector('.log-scroll'); ${script} }`);
    await log.page.waitForTimeout(100);
  };
  const first = async (): Promise<number> =>
    Number.parseInt((await log.seen()).find((row) => /^\d/.test(row)) ?? '', 10);

  test('opens at its end, with the rows in view in the document and no others', async () => {
    expect((await log.seen()).at(-1)).toMatch(/^200000 \[200000\] ✓ src/);
    expect(await log.countRows()).toBeLessThan(MAX_ROWS);
    expect(await log.page.locator('[data-log-part="lines"]').textContent()).toBe('200,000 lines');
  });

  test('shows the right lines wherever it is scrolled to', async () => {
    for (const share of [0, 0.25, 0.5, 0.731, 1]) {
      await scroll(`log.scrollTop = (log.scrollHeight - log.clientHeight) * ${share};`);
      await vi.waitFor(
        async () => expect(Math.abs((await first()) / MANY - share)).toBeLessThan(0.001),
        WAIT,
      );
      const rows = (await log.seen()).filter((row) => /^\d/.test(row));
      const numbers = rows.map((row) => Number.parseInt(row, 10));
      expect(rows.length).toBeGreaterThan(20);
      expect(numbers).toEqual(upTo(numbers.at(-1) ?? 0, numbers[0]));
      for (const row of rows) expect(row).toMatch(/^(\d+) \[\1\] /);
      expect(await log.countRows()).toBeLessThan(MAX_ROWS);
    }
  });

  test('is scrolled by the keyboard', async () => {
    const { keyboard } = log.page;
    await log.page.getByRole('log').focus();
    await keyboard.press('Home');
    await vi.waitFor(async () => expect(await first()).toBe(1), WAIT);
    await keyboard.press('PageDown');
    await vi.waitFor(async () => expect(await first()).toBeGreaterThan(20), WAIT);
    await keyboard.press('PageUp');
    await vi.waitFor(async () => expect(await first()).toBe(1), WAIT);
    await keyboard.press('ArrowDown');
    await vi.waitFor(async () => expect(await first()).toBeGreaterThan(1), WAIT);
    await keyboard.press('End');
    await vi.waitFor(async () => expect((await log.seen()).at(-1)).toMatch(/^200000 /), WAIT);
  });

  test('is searched to its last line, and what is found is brought into view and opened', async () => {
    const { page } = log;
    await page.getByRole('log').focus();
    await page.keyboard.press('/');
    await page.keyboard.type('NEEDLE');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await page.locator('mark.current', { hasText: 'needle' }).waitFor();
    expect((await log.seen()).join('\n')).toContain('[123456]');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('feature-976.tsx');
    // Every 977th line; the first one at or after the top of what was in view.
    await page.getByText(/^\d+ of 204$/).waitFor();
    await page.locator('mark.current', { hasText: 'feature-976.tsx' }).waitFor();
    await page.keyboard.press('Escape');
    await vi.waitFor(async () => expect(await page.locator('mark').count()).toBe(0), WAIT);
    expect(await page.evaluate('document.activeElement.className')).toBe('log-scroll');
  });

  test('folds a phase of 199,000 lines to its head, and opens it for a hit inside', async () => {
    const { page } = log;
    await scroll('log.scrollTop = 1_000_000;');
    const build = page.locator('.log-now button');
    expect(await build.getAttribute('aria-expanded')).toBe('true');
    await build.click();
    await vi.waitFor(async () => expect((await log.seen()).at(-1)).toMatch(/^Build 199,000 lines/), WAIT);
    const heads = page.locator('.log-holder .log-fold');
    expect(await heads.last().getAttribute('aria-expanded')).toBe('false');
    expect(await page.evaluate('document.querySelector(".log-scroll").scrollHeight')).toBeLessThan(21_000);
    await page.getByRole('searchbox').fill('needle');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await vi.waitFor(async () => expect((await log.seen()).join('\n')).toContain('[123456]'), WAIT);
    expect(await page.locator('.log-now button').getAttribute('aria-expanded')).toBe('true');
    await page.getByRole('searchbox').fill('');
  });

  test('is copied as a whole', async () => {
    const { page } = log;
    await page.context().grantPermissions(CLIPBOARD.permissions);
    await page.getByRole('button', { name: 'Copy all' }).click();
    // Looked at in the page: it is 14 MB.
    const looks = `navigator.clipboard.readText().then((text) => text.split('\\n')).then((lines) => ({
      count: lines.length,
      areAllRight: lines.every((line, index) => line.startsWith('[' + (index + 1) + '] ✓ src/')),
    }))`;
    await vi.waitFor(
      async () => expect(await page.evaluate(looks)).toEqual({ count: MANY, areAllRight: true }),
      WAIT,
    );
  });

  test('wrapped on a narrow screen, it has more rows than a browser draws, and shows each', async () => {
    const { page } = log;
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByLabel('Wrap').check();
    await scroll('log.scrollTop = 0;');
    expect(await page.evaluate('document.querySelector(".log-spacer").offsetHeight')).toBe(8_000_000);
    for (const share of [0, 0.5, 1]) {
      await scroll(`log.scrollTop = (log.scrollHeight - log.clientHeight) * ${share};`);
      await vi.waitFor(async () => expect(Math.abs((await first()) / MANY - share)).toBeLessThan(0.01), WAIT);
      const rows = (await log.seen()).filter((row) => /^\d/.test(row));
      expect(rows.length).toBeGreaterThan(3);
      for (const row of rows) expect(row).toMatch(/^(\d+) \[\1\] /);
    }
    expect((await log.seen()).at(-1)).toMatch(/^↪ x+$/);
    const before = await first();
    await page.mouse.move(180, 600);
    await page.mouse.wheel(0, -400);
    await vi.waitFor(async () => expect(await first()).toBeLessThan(before), WAIT);
    // A turn of the wheel moves as far as it says, and not in proportion to a log of 700,000 rows.
    expect(before - (await first())).toBeLessThan(30);
    await page.getByRole('textbox', { name: /Go to line/ }).fill('123456');
    await page.keyboard.press('Enter');
    await vi.waitFor(async () => expect((await log.seen()).join('\n')).toContain('[123456]'), WAIT);
    const isWide = await page.evaluate(
      'document.querySelector(".log-scroll").scrollWidth > document.querySelector(".log-scroll").clientWidth',
    );
    expect(isWide).toBe(false);
    expect(log.takeFaults()).toEqual([]);
  });
});

describe.skipIf(skipsBrowserTests())('in the log viewer', () => {
  let room: LogViewerRoom;
  beforeAll(async () => {
    room = await openLogViewerRoom();
  });
  afterAll(() => room?.close());

  const chosen = (log: OpenedLog): Promise<string[]> =>
    log.page.locator('.log-row.chosen .log-no').allTextContents();
  const hash = (log: OpenedLog): string => new URL(log.page.url()).hash;
  const range = (from: number, to: number): string[] => upTo(to, from).map(String);

  describe('a link', () => {
    test.each([
      ['#L120', ['120']],
      ['#L120-L125', range(120, 125)],
      ['#A2L120', ['120']],
    ])('to %s shows and marks what it names', async (link, numbers) => {
      const id = await room.insertFinished(
        'ready',
        makeLines(1, 300),
        makeLines(1, 300, (seq) => `again ${seq}`),
      );
      const log = await room.open(id, { hash: link });
      await vi.waitFor(async () => expect(await chosen(log)).toEqual(numbers), WAIT);
      const expected = link.startsWith('#A2') ? '120 again 120' : '120 line 120';
      expect(await log.seen()).toContain(expected);
      await log.close();
    });

    test('is made by a click on a number, and to a range by another with Shift', async () => {
      const log = await room.open(await room.insertFinished('ready', makeLines(1, 300)), { hash: '#L100' });
      await vi.waitFor(async () => expect(await chosen(log)).toEqual(['100']), WAIT);
      const number = (seq: number) => log.page.getByRole('link', { name: `Line ${seq}`, exact: true });
      const before = await log.seen();
      await number(105).click();
      expect([hash(log), await chosen(log)]).toEqual(['#L105', ['105']]);
      await number(108).click({ modifiers: ['Shift'] });
      expect([hash(log), await chosen(log)]).toEqual(['#L105-L108', range(105, 108)]);
      await number(103).click({ modifiers: ['Shift'] });
      expect([hash(log), await chosen(log)]).toEqual(['#L103-L105', range(103, 105)]);
      expect(await log.seen()).toEqual(before);
      await log.page.getByRole('log').focus();
      await log.page.keyboard.press('Escape');
      expect([hash(log), await chosen(log)]).toEqual(['', []]);
      await log.close();
    });

    test('names the attempt where there are several', async () => {
      const id = await room.insertFinished('ready', makeLines(1, 3), makeLines(1, 3));
      const log = await room.open(id);
      await log.state('Ready');
      await log.page.locator('.log-no', { hasText: '2' }).last().click();
      expect(hash(log)).toBe('#A2L2');
      await log.close();
    });

    test('is followed within the page, and says when the log has no such line', async () => {
      const log = await room.open(await room.insertFinished('ready', makeLines(1, 300)), { hash: '#L999' });
      await log.state('Ready · log complete · the log has no line of this link');
      await log.page.evaluate('location.hash = "#L7"');
      await vi.waitFor(async () => expect(await chosen(log)).toEqual(['7']), WAIT);
      expect(await log.page.locator('[data-log-part="state"]').textContent()).toBe('Ready · log complete');
      await log.close();
    });

    test('into a log far down a page brings that into view', async () => {
      const id = await room.insertFinished('ready', makeLines(1, 300));
      const log = await room.open(id);
      await log.page.goto(new URL(`/below/${id}#L200`, log.page.url()).href);
      await vi.waitFor(async () => expect(await chosen(log)).toEqual(['200']), WAIT);
      await vi.waitFor(async () => {
        const { y } = (await log.page.locator('.log-row.chosen').boundingBox()) ?? { y: Number.NaN };
        expect(y).toBeGreaterThan(0);
        expect(y).toBeLessThan(800);
      }, WAIT);
      await log.close();
    });

    test('is made by the keyboard: the field takes numbers', async () => {
      const log = await room.open(await room.insertFinished('ready', makeLines(1, 300)));
      await log.state('Ready');
      const field = log.page.getByRole('textbox', { name: /Go to line/ });
      await field.fill('20-22');
      await field.press('Enter');
      expect([hash(log), await chosen(log)]).toEqual(['#L20-L22', ['20', '21', '22']]);
      await field.fill('301');
      await field.press('Enter');
      expect(await field.evaluate((input: { validationMessage?: string }) => input.validationMessage)).toBe(
        'The log has no such line.',
      );
      await log.close();
    });
  });

  describe('the search', () => {
    test('goes to the next and the previous hit, around the ends, and counts', async () => {
      const lines = makeLines(1, 500, (seq) => (seq % 100 === 0 ? `a cat and a cat ${seq}` : `line ${seq}`));
      const log = await room.open(await room.insertFinished('ready', lines), { hash: '#L150' });
      const { page } = log;
      await log.state('Ready');
      const count = (words: string) => page.locator('output', { hasText: words }).waitFor();
      const current = () => page.locator('.log-row:has(mark.current) .log-no').textContent();
      await page.getByRole('searchbox').fill('cat');
      await count('3 of 10');
      await vi.waitFor(async () => expect(await current()).toBe('200'), WAIT);
      for (const [key, words, line] of [
        ['Enter', '4 of 10', '200'],
        ['Enter', '5 of 10', '300'],
        ['Shift+Enter', '4 of 10', '200'],
        ['Shift+Enter', '3 of 10', '200'],
        ['Shift+Enter', '2 of 10', '100'],
        ['Shift+Enter', '1 of 10', '100'],
        ['Shift+Enter', '10 of 10', '500'],
        ['Enter', '1 of 10', '100'],
      ] as const) {
        await page.keyboard.press(key);
        await count(words);
        await vi.waitFor(async () => expect(await current()).toBe(line), WAIT);
      }
      await page.getByRole('button', { name: 'Next hit' }).click();
      await count('2 of 10');
      await page.getByRole('button', { name: 'Previous hit' }).click();
      await count('1 of 10');
      await vi.waitFor(async () => expect(await page.locator('mark').count()).toBe(2), WAIT);
      await page.getByRole('searchbox').fill('dog');
      await count('No hits');
      await log.close();
    });

    test('finds what is far to the right, and what comes while it runs', async () => {
      const id = await room.app.insertDeployment();
      await room.app.post(
        id,
        makeLines(1, 3, (seq) => (seq === 2 ? `${'x'.repeat(700)} far away` : 'near')),
      );
      const log = await room.open(id);
      await log.state('Live');
      await log.page.getByRole('searchbox').fill('far');
      await log.page.locator('output', { hasText: '1 of 1' }).waitFor();
      await vi.waitFor(async () => {
        const box = await log.page.locator('mark.current').boundingBox();
        expect(box !== null && box.x > 0 && box.x + box.width < 1280).toBe(true);
      }, WAIT);
      await room.app.post(
        id,
        makeLines(4, 4, () => 'as far as here'),
      );
      await log.page.locator('output', { hasText: '1 of 2' }).waitFor();
      await log.close();
    });

    test('a slash that somebody types in a field is a slash', async () => {
      const log = await room.open(await room.insertFinished('ready', makeLines(1, 3)));
      await log.state('Ready');
      const field = log.page.getByRole('textbox', { name: /Go to line/ });
      await field.focus();
      await log.page.keyboard.type('1/2');
      expect(await field.inputValue()).toBe('1/2');
      await log.close();
    });
  });

  describe('copying', () => {
    const NUMBERED = makeLines(1, 400, (seq) => `\u001b[32mline\u001b[0m ${seq}`);
    const clipboard = (log: OpenedLog) => log.page.evaluate<string>('navigator.clipboard.readText()');

    test('takes the chosen lines, by the button and by the keyboard', async () => {
      const log = await room.open(await room.insertFinished('ready', NUMBERED), {
        ...CLIPBOARD,
        hash: '#L5-L7',
      });
      await log.page.getByRole('button', { name: 'Copy 3 lines' }).click();
      await log.page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await clipboard(log)).toBe('line 5\nline 6\nline 7');
      await log.page.getByRole('log').focus();
      await log.page.keyboard.press('Control+a');
      await log.page.keyboard.press('Control+c');
      await vi.waitFor(async () => expect((await clipboard(log)).split('\n')).toHaveLength(400), WAIT);
      await log.close();
    });

    test('works where pages have no clipboard of their own, over plain HTTP', async () => {
      const log = await room.open(await room.insertFinished('ready', NUMBERED), {
        hash: '#L9',
        before: "Object.defineProperty(navigator, 'clipboard', { value: undefined });",
      });
      await log.page.getByRole('button', { name: 'Copy line' }).click();
      await log.page.getByRole('button', { name: 'Copied' }).waitFor();
      await log.page.getByRole('searchbox').focus();
      await log.page.keyboard.press('Control+v');
      expect(await log.page.getByRole('searchbox').inputValue()).toBe('line 9');
      await log.close();
    });

    test('takes what was selected with the mouse, though most of it has left the document', async () => {
      const log = await room.open(await room.insertFinished('ready', NUMBERED), {
        ...CLIPBOARD,
        hash: '#L30',
      });
      const { page } = log;
      await vi.waitFor(async () => expect(await chosen(log)).toEqual(['30']), WAIT);
      const text = (seq: number) => page.locator(`.log-row[data-line="${seq - 1}"] .log-text`);
      await text(30).click({ position: { x: 50, y: 10 } });
      await page.evaluate('document.querySelector(".log-scroll").scrollTop = 6000');
      await text(310).waitFor();
      await text(310).click({ position: { x: 30, y: 10 }, modifiers: ['Shift'] });
      expect(await log.countRows()).toBeLessThan(MAX_ROWS);
      await page.keyboard.press('Control+c');
      const copied = (await clipboard(log)).split('\n');
      expect(copied).toHaveLength(281);
      expect(copied.slice(1, -1)).toEqual(range(31, 309).map((seq) => `line ${seq}`));
      expect('line 30'.endsWith(copied[0] ?? '?') && copied[0] !== 'line 30').toBe(true);
      expect('line 310'.startsWith(copied.at(-1) ?? '?') && copied.at(-1) !== 'line 310').toBe(true);
      await log.close();
    });
  });

  test.each([
    ['Download', 'log', /^line 1\nline 2\n/],
    ['NDJSON', 'ndjson', /^\{"attempt":1,"seq":1,/],
  ])('"%s" gives the whole log as a file', async (name, extension, beginning) => {
    const id = await room.insertFinished('ready', makeLines(1, 2500));
    const log = await room.open(id);
    await log.state('Ready');
    const [download] = await Promise.all([
      log.page.waitForEvent('download'),
      log.page.getByRole('link', { name, exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${id}.${extension}`);
    const text = await readFile(await download.path(), 'utf8');
    expect(text).toMatch(beginning);
    expect(text.trimEnd().split('\n')).toHaveLength(2500);
    await log.close();
  });

  describe('a log that grows', () => {
    const isAtEnd = async (log: OpenedLog, seq: number) => (await log.seen()).at(-1) === `${seq} line ${seq}`;

    test('is followed until a person scrolls up, counts what they miss, and is followed again', async () => {
      const id = await room.app.insertDeployment();
      await room.app.post(id, makeLines(1, 200));
      const log = await room.open(id);
      const follow = log.page.locator('.log-follow');
      await log.state('Live');
      await vi.waitFor(async () => expect(await isAtEnd(log, 200)).toBe(true), WAIT);
      await room.app.post(id, makeLines(201, 230));
      await vi.waitFor(async () => expect(await isAtEnd(log, 230)).toBe(true), WAIT);
      expect(await follow.isVisible()).toBe(false);
      await log.page.mouse.move(600, 500);
      await log.page.mouse.wheel(0, -300);
      await follow.getByText('Follow', { exact: true }).waitFor();
      const before = await log.seen();
      await room.app.post(id, makeLines(231, 260));
      await follow.getByText('Follow · 30 new lines').waitFor();
      expect(await log.seen()).toEqual(before);
      await follow.click();
      await vi.waitFor(async () => expect(await isAtEnd(log, 260)).toBe(true), WAIT);
      expect(await follow.isVisible()).toBe(false);
      await log.page.mouse.wheel(0, -300);
      await follow.waitFor();
      // Back at the end by themselves is as good as the button.
      await log.page.mouse.wheel(0, 5000);
      await follow.waitFor({ state: 'hidden' });
      await room.app.post(id, makeLines(261, 270));
      await vi.waitFor(async () => expect(await isAtEnd(log, 270)).toBe(true), WAIT);
      await log.close();
    });

    test('goes on where it was after its connection broke, with nothing missing and nothing twice', async () => {
      const id = await room.app.insertDeployment();
      await room.app.post(id, makeLines(1, 500));
      const log = await room.open(id, CLIPBOARD);
      await log.state('Live');
      for (const from of [501, 601, 701]) {
        await room.network.cut();
        await log.state('Connection lost, reconnecting…');
        await room.app.post(id, makeLines(from, from + 99));
        await room.network.restore();
        await log.state('Live');
      }
      await room.app.end(id, { status: 'ready' }, 800);
      await log.state('Ready · log complete');
      await log.page.getByRole('button', { name: 'Copy all' }).click();
      await log.page.getByRole('button', { name: 'Copied' }).waitFor();
      const copied = await log.page.evaluate<string>('navigator.clipboard.readText()');
      expect(copied.split('\n')).toEqual(upTo(800).map((seq) => `line ${seq}`));
      expect(await log.page.locator('[data-log-part="lines"]').textContent()).toBe('800 lines');
      await log.close();
    });

    test('says that lines are delayed while their store is away, and shows them when it is back', async () => {
      const id = await room.app.insertDeployment();
      await room.app.post(id, makeLines(1, 5));
      const log = await room.open(id);
      await log.state('Live');
      await room.storeNetwork.cut();
      await log.state('Delayed: the log’s store is out of reach. No line is lost.');
      await room.storeNetwork.restore();
      await room.app.post(id, makeLines(6, 9));
      await log.state('Live');
      await vi.waitFor(async () => expect(await isAtEnd(log, 9)).toBe(true), WAIT);
      await log.close();
    });

    test('shows a first error while it runs, and what it was when it has failed', async () => {
      const id = await room.app.insertDeployment();
      await room.app.post(id, makeLines(1, 3));
      const log = await room.open(id);
      await log.state('Live');
      await room.app.post(
        id,
        makeLines(4, 4, () => 'Error: no such file'),
      );
      await log.page.getByRole('button', { name: 'First error: line 4' }).waitFor();
      await room.app.end(id, { status: 'failed' }, 4);
      await log.state('Failed · log complete');
      expect((await log.seen())[0]).toMatch(/^Build failed · 4 lines/);
      await log.close();
    });

    test('that ends without a line says that it is empty', async () => {
      const id = await room.app.insertDeployment();
      const log = await room.open(id);
      await log.state('Live');
      await room.app.end(id, { status: 'canceled' }, null);
      await log.state('Canceled · log complete');
      expect(await log.page.locator('.log-note').textContent()).toBe('This log is empty.');
      await log.close();
    });

    test('begins when its first line comes', async () => {
      const id = await room.app.insertDeployment();
      const log = await room.open(id);
      await log.state('Live');
      expect(await log.page.locator('.log-note').textContent()).toBe('No line has come yet.');
      await sleep(100);
      await room.app.post(id, makeLines(1, 1));
      await vi.waitFor(async () => expect(await isAtEnd(log, 1)).toBe(true), WAIT);
      await log.close();
    });

    test('keeps the focus on the head of a phase that is folded and opened by the keyboard', async () => {
      const id = await room.insertFinished('ready', inPhases(makeLines(1, 20), 10));
      const log = await room.open(id);
      await log.state('Ready');
      const install = log.page.locator('.log-holder .log-fold').first();
      await install.focus();
      await log.page.keyboard.press('Enter');
      await vi.waitFor(
        async () =>
          expect((await log.seen()).slice(0, 2)).toEqual([
            'Install 10 lines · 9 ms',
            'Build 10 lines · 9 ms',
          ]),
        WAIT,
      );
      await log.page.keyboard.press('Enter');
      await vi.waitFor(async () => expect((await log.seen())[1]).toBe('1 line 1'), WAIT);
      await log.close();
    });
  });
});
