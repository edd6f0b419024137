import {
  anything,
  type Arbitrary,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  oneof,
  option,
  record,
  string,
} from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../test/support/api-room.ts';

let room: ApiRoom;
beforeAll(async () => {
  room = await openApiRoom();
});
afterAll(() => room.dispose());

const RUNS = { numRuns: 300 };
const text = oneof(
  string({ unit: 'binary', maxLength: 300 }),
  constantFrom('', 'main', '\u0000', '\ud800', ' '),
);
const value = oneof(text, integer({ min: -5, max: 5000 }), constantFrom(null, true, false), anything());
/** Mostly what fits, now and then anything: bodies with one fault are the interesting ones. */
function mostly<T>(arbitrary: Arbitrary<T>): Arbitrary<unknown> {
  return oneof({ arbitrary, weight: 9 }, { arbitrary: value, weight: 1 });
}

const word = string({ minLength: 1, maxLength: 20 });
const settings = record(
  {
    rootDirectory: mostly(word),
    installCommand: mostly(string()),
    buildCommand: mostly(string({ maxLength: 5000 })),
    outputDirectory: mostly(string({ maxLength: 600 })),
    nodeMajor: mostly(integer({ min: 17, max: 31 })),
  },
  { requiredKeys: [] },
);
const changes = mostly(
  record(
    {
      name: mostly(word),
      productionBranch: mostly(word),
      settings: mostly(settings),
      holdProduction: mostly(boolean()),
      cancelRunning: mostly(boolean()),
      keepPerBranch: mostly(option(integer({ min: 0, max: 1001 }))),
      previewDays: mostly(option(integer({ min: -1, max: 3651 }))),
    },
    { requiredKeys: [] },
  ),
);

/** Sentences of rules that JSON Schema has no words for. */
const BEYOND_SCHEMA = /one line of text|no control characters|not valid text|Too small: expected string/;

describe('what the routes take is what the document says', () => {
  it('for the body of PATCH, whatever is sent', async () => {
    const schema = await room.client.schema();
    const property = asyncProperty(changes, async (json) => {
      const sent: unknown = JSON.parse(JSON.stringify(json) ?? 'null');
      const answer = await room.client.call('PATCH', '/api/projects/missing', { json: sent });
      const isDocumented = schema.accepts('PATCH', '/api/projects/missing', sent);
      checkAgreement(isDocumented, answer);
    });
    await assert(property, RUNS);
  });

  it('for the query of lists', async () => {
    const schema = await room.client.schema();
    const limit = oneof(
      integer({ min: -2, max: 110 }).map(String),
      constantFrom('', '1e1', '0x1', ' 5', '5.5', 'x'),
    );
    const query = record({
      limit: option(limit),
      status: option(oneof(text, constantFrom('ready', 'queued'))),
    });
    const property = asyncProperty(query, async ({ limit, status }) => {
      const parameters = new URLSearchParams();
      if (limit !== null) parameters.set('limit', limit);
      if (status !== null) parameters.set('status', status);
      const answer = await room.client.call('GET', `/api/deployments?${parameters.toString()}`);
      checkAgreement(schema.acceptsQuery('GET', '/api/deployments', parameters), answer);
    });
    await assert(property, RUNS);
  });
});

/** The document may promise more only where a rule can't be said in JSON Schema; it never promises less. */
function checkAgreement(isDocumented: boolean, answer: { status: number; body: unknown }): void {
  const isRefused = answer.status === 422;
  if (isDocumented && isRefused && BEYOND_SCHEMA.test(JSON.stringify(answer.body))) return;
  if (isDocumented !== isRefused) return;
  throw new Error(`documented: ${isDocumented}, but the answer is ${JSON.stringify(answer)}`);
}
