import { array, assert, boolean, constantFrom, integer, nat, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { splitCells } from './cells.ts';
import { createLogLayout, type Row } from './layout.ts';
import { createLogLines } from './lines.ts';

const COLUMNS = 10;
const lineOf = record({ phase: constantFrom('install', 'build'), length: nat(35), wide: boolean() });

function makeRoom() {
  const lines = createLogLines();
  const layout = createLogLayout(lines, COLUMNS);
  const add = ({ phase, length, wide }: { phase: string; length: number; wide: boolean }): void => {
    const text = (wide ? '漢' : 'x').repeat(length);
    lines.append({ attempt: 1, seq: lines.count() + 1, at: 0, phase, stream: 'stdout', text });
  };
  return { lines, layout, add };
}

/** All rows, one after the other, as the layout promises them. */
function listRows(room: ReturnType<typeof makeRoom>, columns: number): Row[] {
  const rows: Row[] = [];
  for (let line = 0; line < room.lines.count(); line++) {
    const run = room.lines.runOf(line);
    if (room.lines.runStart(run) === line) rows.push({ kind: 'head', run });
    if (room.layout.isFolded(run)) continue;
    const pieces = splitCells(room.lines.plain(line), columns);
    pieces.forEach((_, piece) => rows.push({ kind: 'line', line, piece }));
  }
  return rows;
}

function expectRows(room: ReturnType<typeof makeRoom>, columns: number): void {
  const rows = listRows(room, columns);
  expect(room.layout.rows()).toBe(rows.length);
  expect(rows.map((_, row) => room.layout.at(row))).toEqual(rows);
  const found = rows.map((row) =>
    row.kind === 'head' ? room.layout.headOf(row.run) : room.layout.rowOf(row.line, row.piece),
  );
  expect(found).toEqual(rows.map((_, index) => index));
}

test('an empty log has no rows', () => {
  expect(makeRoom().layout.rows()).toBe(0);
});

test('rows are what lines, phases, folds and the width say, whatever comes in whatever order', () => {
  const steps = array(
    record({
      lines: array(lineOf, { maxLength: 6 }),
      fold: nat(5),
      folded: boolean(),
      columns: integer({ min: 4, max: 30 }),
    }),
    { maxLength: 6 },
  );
  assert(
    property(steps, (steps) => {
      const room = makeRoom();
      for (const { lines, fold, folded, columns } of steps) {
        lines.forEach(room.add);
        room.layout.grow();
        if (fold < room.lines.runs()) room.layout.fold(fold, folded);
        room.layout.setColumns(columns);
        expectRows(room, columns);
      }
    }),
    { numRuns: 500 },
  );
});

test('a line of a folded phase is at its head', () => {
  const room = makeRoom();
  [1, 2, 3].forEach(() => room.add({ phase: 'install', length: 25, wide: false }));
  room.add({ phase: 'build', length: 1, wide: false });
  room.layout.grow();
  expect([room.layout.rows(), room.layout.rowOf(2), room.layout.rowOf(3)]).toEqual([12, 7, 11]);
  room.layout.fold(0, true);
  expect([room.layout.rows(), room.layout.rowOf(2), room.layout.rowOf(3)]).toEqual([3, 0, 2]);
});

test('knows the widest row, which no line makes wider than the columns', () => {
  const room = makeRoom();
  room.add({ phase: 'build', length: 3, wide: true });
  room.layout.grow();
  expect(room.layout.widest()).toBe(6);
  room.add({ phase: 'build', length: 300, wide: false });
  room.layout.grow();
  expect(room.layout.widest()).toBe(COLUMNS);
});
