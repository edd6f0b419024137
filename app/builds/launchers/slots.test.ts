import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decideLaunch, planSweep, SLOTS, type SlotRecord, readSlots, writeSlot } from './slots.ts';

const name = (pid: number) => ({ pid, startTime: '1', space: 'here', host: 'this' });
const ALIVE = 1;
const DEAD = 2;

function record(attemptId: string, state: SlotRecord['state'], pid: number): SlotRecord {
  const builder = state === 'running' ? name(pid) : null;
  return { attemptId, folder: `/work/${attemptId}`, state, keeper: name(pid), builder };
}

const isHeld = (one: SlotRecord) => (one.builder ?? one.keeper).pid === ALIVE;
const full = (pid: number) =>
  new Map(Array.from({ length: SLOTS }, (_, index) => [index, record(`a${index}`, 'running', pid)]));

describe('decideLaunch', () => {
  const cases: [string, Map<number, SlotRecord>, object][] = [
    ['nothing runs: the first slot', new Map(), { do: 'take', slot: 0 }],
    ['the lowest free slot', new Map([[1, record('a1', 'running', ALIVE)]]), { do: 'take', slot: 0 }],
    [
      'a dead builder keeps its slot until it is cleaned',
      new Map([[0, record('a0', 'running', DEAD)]]),
      { do: 'take', slot: 1 },
    ],
    [
      'a builder that runs is adopted',
      new Map([[3, record('x', 'running', ALIVE)]]),
      { do: 'adopt', slot: 3 },
    ],
    [
      'a start by another process is waited for',
      new Map([[3, record('x', 'starting', ALIVE)]]),
      { do: 'wait' },
    ],
    [
      'a removal by another process is waited for',
      new Map([[3, record('x', 'cleaning', ALIVE)]]),
      { do: 'wait' },
    ],
    [
      'a dead builder of this attempt goes first',
      new Map([[3, record('x', 'running', DEAD)]]),
      { do: 'clean', slot: 3 },
    ],
    ['a start that died goes first', new Map([[3, record('x', 'starting', DEAD)]]), { do: 'clean', slot: 3 }],
    ['all slots held', full(ALIVE), { do: 'refuse' }],
    ['all slots taken, by the dead', full(DEAD), { do: 'clean', slot: 0 }],
  ];
  test.each(cases)('%s', (_, slots, expected) => {
    expect(decideLaunch(slots, 0, 'x', isHeld)).toMatchObject(expected);
  });

  test('slots count from the first uid, and those of other ranges are not ours to clean', () => {
    expect(decideLaunch(new Map(), 61_000, 'x', isHeld)).toEqual({ do: 'take', slot: 61_000 });
    expect(decideLaunch(full(DEAD), 61_000, 'x', isHeld)).toEqual({ do: 'take', slot: 61_000 });
  });
});

test('a sweep takes the dead of its own work folder, and of others only when nobody else will', () => {
  const elsewhere = { ...record('a3', 'running', DEAD), folder: '/workshop/a3' };
  const slots = new Map([
    [0, record('a0', 'running', ALIVE)],
    [1, record('a1', 'running', DEAD)],
    [2, record('a2', 'cleaning', DEAD)],
    [3, { ...elsewhere, keeper: name(ALIVE) }],
    [4, elsewhere],
  ]);
  const dead = planSweep(slots, '/work', isHeld, ({ pid }) => pid === ALIVE);
  expect(dead.map(([slot]) => slot)).toEqual([1, 2, 4]);
});

test.each(['', '{"attemptId": 7}', '{half', '[]'])(
  'a record that another version wrote, %j, leaves its slot free',
  async (text) => {
    const folder = await mkdtemp(join(tmpdir(), 'offshoot-slots-'));
    await writeSlot(folder, 1, record('a1', 'running', ALIVE));
    await writeFile(join(folder, 'slot-2.json'), text);
    const slots = await readSlots(folder);
    await rm(folder, { recursive: true });
    expect([...slots.keys()]).toEqual([1]);
  },
);
