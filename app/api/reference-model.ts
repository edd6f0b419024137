import type { OpenApiDocument } from './openapi.ts';

/** What the reference page needs of the document, with references named instead of followed. */
export interface Operation {
  readonly id: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly needsToken: boolean;
  readonly parameters: readonly Field[];
  readonly body: TypeName | undefined;
  readonly answers: readonly Answer[];
}

export interface Field {
  readonly name: string;
  readonly type: TypeName;
  /** `in the query`, `optional`, the default: what is to be said besides type and description. */
  readonly notes: readonly string[];
  readonly description: string;
}

export interface Answer {
  readonly status: string;
  readonly description: string;
  readonly type: TypeName | undefined;
  /** Stable codes when it is a problem document. */
  readonly codes: readonly string[];
}

/** `component` is set when the type is described in a section of its own. */
export interface TypeName {
  readonly text: string;
  readonly component: string | undefined;
}

/** The parts of JSON Schema that the API uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
interface RawOperation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const REFERENCE = '#/components/schemas/';
const ANY: TypeName = { text: 'any', component: undefined };

export function listOperations(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method] as RawOperation | undefined;
      return operation === undefined ? [] : [viewOperation(method, path, operation)];
    }),
  );
}

/** The components with properties, by name: `Project`, `Deployment`, … */
export function listComponents(
  document: OpenApiDocument,
): { name: string; description: string; fields: Field[] }[] {
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, Schema>>;
  return Object.entries(schemas)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, schema]) => ({ name, description: schema.description ?? '', fields: fieldsOf(schema) }));
}

function viewOperation(method: string, path: string, operation: RawOperation): Operation {
  const { operationId = `${method} ${path}`, tags = [], summary = '', description = '' } = operation;
  const body = operation.requestBody?.content['application/json']?.schema;
  return {
    id: operationId,
    tag: tags[0] ?? '',
    method: method.toUpperCase(),
    path,
    summary,
    description,
    needsToken: operation.security?.length !== 0,
    parameters: (operation.parameters ?? []).map((parameter) => ({
      name: parameter.name,
      type: typeNameOf(parameter.schema),
      notes: [`in the ${parameter.in}`, ...boundsOf(parameter.schema)],
      description: parameter.description ?? parameter.schema.description ?? '',
    })),
    body: body === undefined ? undefined : typeNameOf(body),
    answers: Object.entries(operation.responses).map(([status, response]) => viewAnswer(status, response)),
  };
}

function viewAnswer(status: string, response: RawOperation['responses'][string]): Answer {
  const [mediaType, content] = Object.entries(response.content ?? {})[0] ?? [];
  const schema = content?.schema;
  const codes = (schema?.allOf ?? []).flatMap((part) => part.properties?.['code']?.enum ?? []).map(String);
  const isProblem = mediaType === 'application/problem+json';
  const type = schema === undefined || isProblem ? undefined : typeNameOf(schema);
  return { status, description: isProblem ? '' : response.description, type, codes };
}

/** Fields of an object; those of an object inside it follow as `urls.branch`. */
function fieldsOf(schema: Schema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = prefix + key;
    if (property.properties !== undefined) return fieldsOf(property, `${name}.`);
    if (property.items?.properties !== undefined) return fieldsOf(property.items, `${name}[].`);
    const optional = schema.required?.includes(key) === true ? [] : ['optional'];
    const notes = [...optional, ...boundsOf(property)];
    return [{ name, type: typeNameOf(property), notes, description: property.description ?? '' }];
  });
}

/** A type in words: `string or null`, `list of Project`, `"queued", "ready" or "failed"`. */
function typeNameOf(schema: Schema): TypeName {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(REFERENCE.length);
    return { text: name, component: name };
  }
  const [only] = schema.allOf ?? [];
  if (only !== undefined && schema.type === undefined) return typeNameOf(only);
  if (schema.enum !== undefined) return plain(joinWords(schema.enum.map((value) => JSON.stringify(value))));
  if (schema.const !== undefined) return plain(JSON.stringify(schema.const));
  if (schema.items !== undefined) {
    const { text, component } = typeNameOf(schema.items);
    return { text: `list of ${text}`, component };
  }
  if (schema.anyOf !== undefined) return plain(joinWords(schema.anyOf.map((part) => typeNameOf(part).text)));
  if (schema.properties !== undefined) return plain(`{ ${Object.keys(schema.properties).join(', ')} }`);
  return schema.type === undefined ? ANY : plain(joinWords([schema.type].flat()));
}

function plain(text: string): TypeName {
  return { text, component: undefined };
}

function boundsOf({ minimum, maximum, maxLength, default: fallback }: Schema): string[] {
  return [
    ...(maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? [`${minimum ?? 0} to ${maximum}`] : []),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`]),
  ];
}

function joinWords(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
