import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';

interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required: boolean;
  readonly schema: object;
}

interface Operation {
  readonly id: string;
  readonly answer: { readonly status: number; readonly required: readonly string[] };
  readonly parameters: readonly Parameter[];
  readonly body?: BodySchema;
  readonly bodyRequired?: boolean;
}

type BodySchema = { readonly properties?: Readonly<Record<string, object>> } & Readonly<
  Record<string, unknown>
>;

/** GitHub's own description of what is served here; scripts/extract-github-openapi.mjs writes the file. */
export const DESCRIPTION = JSON.parse(readFileSync(new URL('openapi.json', import.meta.url), 'utf8')) as {
  readonly source: string;
  readonly operations: Readonly<Record<string, Operation>>;
};

const strict = { strict: false, allErrors: true, verbose: true } as const;
const bodies = new Ajv(strict);
const parameters = new Ajv({ ...strict, coerceTypes: true });

interface Checks {
  readonly path: ValidateFunction;
  readonly query: ValidateFunction;
  readonly body: ValidateFunction | undefined;
}

const compiled = new Map<string, Checks>();

export interface Received {
  readonly params: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  /** Undefined when there was none. */
  readonly body: unknown;
}

/** What is wrong with a request, in GitHub's words; nothing when it fits. Numbers in paths and queries become numbers. */
export function checkRequest(operation: string, received: Received): string[] {
  const described = DESCRIPTION.operations[operation];
  if (described === undefined)
    throw new Error(`${operation} is not in openapi.json: add it to the extraction`);
  const checks = compiled.get(operation) ?? compile(operation, described);
  const { params, query, body } = received;
  return [
    ...wordsOf(checks.path, params),
    ...wordsOf(checks.query, query),
    ...(checks.body === undefined || (body === undefined && described.bodyRequired !== true)
      ? []
      : wordsOf(checks.body, body ?? {})),
  ];
}

/** What GitHub's answers always have and this one has not. */
export function missingInAnswer(operation: string, status: number, body: unknown): string[] {
  const { answer } = DESCRIPTION.operations[operation] ?? {};
  if (answer === undefined || status !== answer.status) return [];
  const objects = Array.isArray(body) ? (body as unknown[]) : [body];
  return answer.required.filter((key) =>
    objects.some((each) => typeof each !== 'object' || each === null || !(key in each)),
  );
}

function compile(operation: string, { parameters: described, body }: Operation): Checks {
  const checks = {
    path: parameters.compile(objectOf(described.filter((each) => each.in === 'path'))),
    query: parameters.compile(objectOf(described.filter((each) => each.in === 'query'))),
    body: body && bodies.compile(refuseUnknown(body)),
  };
  compiled.set(operation, checks);
  return checks;
}

function objectOf(described: readonly Parameter[]): object {
  return {
    type: 'object',
    properties: Object.fromEntries(described.map(({ name, schema }) => [name, schema])),
    required: described.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** GitHub ignores a misspelt property, and so would a test: here it is refused. */
function refuseUnknown(schema: BodySchema): object {
  const isClosed = schema.properties === undefined || 'anyOf' in schema || 'oneOf' in schema;
  return isClosed || 'additionalProperties' in schema ? schema : { ...schema, additionalProperties: false };
}

function wordsOf(check: ValidateFunction, value: unknown): string[] {
  return check(value) ? [] : (check.errors ?? []).map(phrase);
}

function phrase({ keyword, instancePath, params, data, message }: ErrorObject): string {
  const place = `properties${instancePath}`;
  const { missingProperty, additionalProperty, type, allowedValues } = params as Record<string, string>;
  if (keyword === 'required') return `"${missingProperty}" wasn't supplied.`;
  if (keyword === 'additionalProperties') return `"${additionalProperty}" is not a permitted key.`;
  if (keyword === 'type') return `For '${place}', ${JSON.stringify(data)} is not a ${type}.`;
  if (keyword !== 'enum') return `For '${place}', ${JSON.stringify(data)} ${message}.`;
  return `For '${place}', ${JSON.stringify(data)} is not a possible value. Must be one of the following: ${String(allowedValues)}.`;
}
