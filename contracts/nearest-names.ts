const MAX_SUGGESTIONS = 3;
/** Names further away than this share of their length are no typing mistakes. */
const MAX_DISTANCE_RATIO = 0.4;
/** Comparing costs length × length: longer names and lists are not compared. */
const MAX_COMPARED_LENGTH = 100;
const MAX_COMPARED_NAMES = 5000;

/** The names that are a typing mistake away, nearest first. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  if (name.length > MAX_COMPARED_LENGTH) return [];
  const asked = name.toLowerCase();
  return names
    .slice(0, MAX_COMPARED_NAMES)
    .filter((each) => each.length <= MAX_COMPARED_LENGTH)
    .map((each) => ({ each, distance: editDistance(asked, each.toLowerCase()) }))
    .filter(
      ({ each, distance }) =>
        distance <= Math.max(1, MAX_DISTANCE_RATIO * Math.min(name.length, each.length)),
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ each }) => each);
}

/** Levenshtein's: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
