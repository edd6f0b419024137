import { sample, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAST_WORD_SEQ, type LogLine, MAX_LINE_BYTES } from '../../contracts/log-line.ts';
import { isLastPage, type LogQuery, type LogStore } from '../../app/logs/stores/log-store.ts';
import { makeLines, nextDeploymentId } from './log-lines.ts';

export interface OpenedLogStore {
  readonly store: LogStore;
  readonly close: () => Promise<void>;
}

/** 400 MB have to be written first. */
const LARGE_LOG_TIMEOUT_MS = 120_000;

/** Everything, page by page, as every reader does it. */
export async function readAll(store: LogStore, query: Partial<LogQuery> & { deploymentId: string }) {
  const whole = { after: undefined, limit: 1000, maxBytes: 1024 * 1024, ...query };
  const lines = [];
  for (let page = whole; ;) {
    const read = await store.read(page);
    lines.push(...read);
    const last = read.at(-1);
    if (last === undefined || isLastPage(read, page)) return lines;
    page = { ...page, after: { attempt: last.attempt, seq: last.seq } };
  }
}

/** What every LogStore guarantees. */
export function describeLogStore(name: string, open: () => Promise<OpenedLogStore>): void {
  describe(`${name} as a log store`, () => {
    let opened: OpenedLogStore;
    let store: LogStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());

    it('gives back what was appended, in order of attempt and seq', async () => {
      const deploymentId = nextDeploymentId();
      await store.append({ deploymentId, attempt: 2 }, makeLines(1, 3));
      await store.append({ deploymentId, attempt: 1 }, makeLines(4, 6));
      await store.append({ deploymentId, attempt: 1 }, makeLines(1, 3));
      const lines = await readAll(store, { deploymentId });
      expect(lines.map(({ attempt, seq }) => [attempt, seq])).toEqual([
        [1, 1],
        [1, 2],
        [1, 3],
        [1, 4],
        [1, 5],
        [1, 6],
        [2, 1],
        [2, 2],
        [2, 3],
      ]);
      expect(lines[0]).toEqual({ attempt: 1, ...makeLines(1, 1)[0] });
    });

    it('stores a line that comes twice once, within a batch, across batches and at the same time', async () => {
      const build = { deploymentId: nextDeploymentId(), attempt: 1 };
      const lines = makeLines(1, 500);
      await Promise.all([store.append(build, lines), store.append(build, [...lines, ...lines])]);
      await store.append(build, lines.slice(100, 200));
      expect(await readAll(store, { deploymentId: build.deploymentId, limit: 77 })).toEqual(
        lines.map((line) => ({ attempt: 1, ...line })),
      );
      expect(await store.count(build)).toBe(500);
    });

    it('reads the end of a log without its beginning, bounded by lines and by bytes', async () => {
      const deploymentId = nextDeploymentId();
      await store.append({ deploymentId, attempt: 1 }, makeLines(1, 30));
      await store.append({ deploymentId, attempt: 2 }, makeLines(1, 12));
      await store.append({ deploymentId, attempt: 2 }, makeLines(10, 12));
      const read = async (limit: number, maxBytes: number) => {
        const lines = await store.readTail({ deploymentId, limit, maxBytes });
        return lines.map(({ attempt, seq }) => `${attempt}.${seq}`);
      };
      expect(await read(14, 1e6)).toEqual(['1.29', '1.30', ...makeLines(1, 12).map(({ seq }) => `2.${seq}`)]);
      expect(await read(1000, 'line 11line 12'.length)).toEqual(['2.11', '2.12']);
      expect(await read(1000, 1)).toEqual(['2.12']);
      expect(await store.readTail({ deploymentId: nextDeploymentId(), limit: 5, maxBytes: 5 })).toEqual([]);
    });

    it('keeps builds apart', async () => {
      const [one, other] = [nextDeploymentId(), nextDeploymentId()];
      await Promise.all([
        store.append({ deploymentId: one, attempt: 1 }, makeLines(1, 10)),
        store.append({ deploymentId: other, attempt: 1 }, makeLines(1, 20)),
      ]);
      expect(await readAll(store, { deploymentId: one })).toHaveLength(10);
      expect(await store.count({ deploymentId: other, attempt: 1 })).toBe(20);
      expect(await store.count({ deploymentId: other, attempt: 2 })).toBe(0);
    });

    it('does not count the words of the app', async () => {
      const build = { deploymentId: nextDeploymentId(), attempt: 1 };
      const word = { attempt: 1, at: 1, phase: 'deploy', stream: 'system', text: 'word' } as const;
      await store.append(build, [
        { ...word, seq: 0 },
        { ...word, seq: LAST_WORD_SEQ },
      ]);
      await store.append(build, makeLines(1, 2));
      expect(await store.count(build)).toBe(2);
      const lines = await readAll(store, { deploymentId: build.deploymentId });
      expect(lines.map((line) => line.seq)).toEqual([0, 1, 2, LAST_WORD_SEQ]);
    });

    it('reads after a cursor, across attempts', async () => {
      const deploymentId = nextDeploymentId();
      await store.append({ deploymentId, attempt: 1 }, makeLines(1, 5));
      await store.append({ deploymentId, attempt: 2 }, makeLines(1, 5));
      const after = { attempt: 1, seq: 4 };
      const lines = await store.read({ deploymentId, after, limit: 3, maxBytes: 1000 });
      expect(lines.map(({ attempt, seq }) => `${attempt}.${seq}`)).toEqual(['1.5', '2.1', '2.2']);
      const end = { attempt: 2, seq: 5 };
      expect(await store.read({ deploymentId, after: end, limit: 3, maxBytes: 1000 })).toEqual([]);
    });

    it('ends a page with the line that fills it, and says whether it was the last', async () => {
      const deploymentId = nextDeploymentId();
      await store.append(
        { deploymentId, attempt: 1 },
        makeLines(1, 10, () => 'é'.repeat(50)),
      );
      const query = { deploymentId, after: undefined, limit: 10, maxBytes: 250 };
      const page = await store.read(query);
      expect(page).toHaveLength(3);
      expect(isLastPage(page, query)).toBe(false);
      const exact = { ...query, limit: 10, maxBytes: 100_000 };
      expect(isLastPage(await store.read(exact), exact)).toBe(false);
      const more = { ...exact, limit: 11 };
      expect(isLastPage(await store.read(more), more)).toBe(true);
    });

    it('lets one line that is larger than a page through', async () => {
      const deploymentId = nextDeploymentId();
      const text = 'x'.repeat(MAX_LINE_BYTES);
      await store.append(
        { deploymentId, attempt: 1 },
        makeLines(1, 20, () => text),
      );
      expect(await readAll(store, { deploymentId, maxBytes: 1 })).toHaveLength(20);
    });

    it(
      'reads the largest page of the longest lines',
      async () => {
        const deploymentId = nextDeploymentId();
        const text = 'x'.repeat(MAX_LINE_BYTES);
        for (let from = 1; from <= 6000; from += 200) {
          await store.append(
            { deploymentId, attempt: 1 },
            makeLines(from, from + 199, () => text),
          );
        }
        const page = {
          deploymentId,
          after: { attempt: 1, seq: 500 },
          limit: 5000,
          maxBytes: 4 * 1024 * 1024,
        };
        expect((await store.read(page)).map(({ seq }) => seq)).toEqual(
          Array.from({ length: 64 }, (_, index) => 501 + index),
        );
        // The longest lines behind short ones, which let more be asked for than the server can hold.
        await store.append({ deploymentId, attempt: 0 }, makeLines(1, 1000));
        const numbers = await store.read({ ...page, limit: 9000, after: { attempt: 0, seq: 0 } });
        expect(numbers.map(({ attempt, seq }) => `${attempt}.${seq}`)).toEqual([
          ...makeLines(1, 1000).map(({ seq }) => `0.${seq}`),
          ...makeLines(1, 64).map(({ seq }) => `1.${seq}`),
        ]);
        await store.remove([deploymentId]);
      },
      LARGE_LOG_TIMEOUT_MS,
    );

    it('cuts a page of many lines at its limit, however it is read', async () => {
      const deploymentId = nextDeploymentId();
      await store.append({ deploymentId, attempt: 1 }, makeLines(1, 4000));
      const query = { deploymentId, after: undefined, limit: 2500, maxBytes: 1e9 };
      expect(await store.read(query)).toHaveLength(2500);
      expect(await store.read({ ...query, limit: 5000 })).toHaveLength(4000);
      const bytes = makeLines(1, 1500).reduce((sum, { text }) => sum + text.length, 0);
      expect(await store.read({ ...query, maxBytes: bytes })).toHaveLength(1500);
    });

    it('keeps any text as it is: emoji, control characters, separators, lone surrogates as U+FFFD', async () => {
      const deploymentId = nextDeploymentId();
      const texts = sample(string({ unit: 'binary', maxLength: 200 }), { numRuns: 500, seed: 7 });
      texts.push(
        '\0\u0001\t\r\n\b\f\u001b[31m',
        '🦊\u2028\u2029',
        '\\N',
        'NULL',
        '"',
        '</script>',
        '\ud800x',
      );
      const lines = makeLines(1, texts.length, (seq) => texts[seq - 1] ?? '');
      await store.append({ deploymentId, attempt: 1 }, lines);
      const read = await readAll(store, { deploymentId });
      expect(read.map((line) => line.text)).toEqual(texts.map((text) => text.toWellFormed()));
    });

    it('keeps the largest numbers that a builder may send', async () => {
      const build = { deploymentId: nextDeploymentId(), attempt: 0xffff_ffff };
      const line = {
        seq: LAST_WORD_SEQ - 1,
        at: Number.MAX_SAFE_INTEGER,
        phase: 'publish',
        stream: 'stderr',
      };
      await store.append(build, [{ ...line, text: 'end' } as LogLine]);
      const [read] = await readAll(store, { deploymentId: build.deploymentId });
      expect(read).toEqual({ attempt: 0xffff_ffff, ...line, text: 'end' });
    });

    it('takes many builds at once', async () => {
      const builds = Array.from({ length: 40 }, () => ({ deploymentId: nextDeploymentId(), attempt: 1 }));
      await Promise.all(builds.map((build) => store.append(build, makeLines(1, 250))));
      const counts = await Promise.all(builds.map((build) => store.count(build)));
      expect(counts).toEqual(builds.map(() => 250));
    });

    it('removes deployments and nothing else', async () => {
      const [gone, kept] = [nextDeploymentId(), nextDeploymentId()];
      await store.append({ deploymentId: gone, attempt: 1 }, makeLines(1, 10));
      await store.append({ deploymentId: kept, attempt: 1 }, makeLines(1, 10));
      await store.remove([gone, nextDeploymentId()]);
      await store.remove([]);
      expect(await readAll(store, { deploymentId: gone })).toEqual([]);
      expect(await readAll(store, { deploymentId: kept })).toHaveLength(10);
    });
  });
}
