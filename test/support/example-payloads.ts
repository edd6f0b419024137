import definitions from '@octokit/webhooks-examples' with { type: 'json' };

export type Json = Record<string, unknown>;

/** All of GitHub's own examples. */
export const examples = (definitions as unknown as { name: string; examples: Json[] }[]).flatMap(
  ({ name, examples }) => examples.map((payload, index) => ({ name, index, payload })),
);

/** An example of that event with `changes` laid over it; null where they take a value away. */
export function payloadOf(event: string, changes: Json = {}, action?: string): Json {
  const found = examples.find(
    ({ name, payload }) => name === event && (action === undefined || payload.action === action),
  );
  if (found === undefined) throw new Error(`there is no example of ${event} ${action ?? ''}`);
  return merge({ installation: { id: 7 }, ...found.payload }, changes);
}

function merge(base: Json, changes: Json): Json {
  const merged = Object.entries(changes).map(([key, change]) => {
    const old = base[key];
    return [key, isObject(change) && isObject(old) ? merge(old, change) : change];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
