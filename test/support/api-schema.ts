import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Parameter }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
};
type Parameter = { readonly type?: string };
export type OpenApiDocument = {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components?: { readonly schemas?: Record<string, object> };
};

/** Holds answers to what an OpenAPI 3.1 document promises, with a JSON Schema validator that shares no code with it. */
export class ApiSchema {
  readonly #document: OpenApiDocument;
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#ajv = new Ajv2020({
      strict: true,
      allErrors: true,
      formats: { uri: (text: string) => URL.canParse(text) },
    });
    // OpenAPI's annotations, which JSON Schema does not know.
    this.#ajv.addVocabulary(['components', 'discriminator', 'example']);
    this.#ajv.addSchema({ $id: 'openapi:', components: document.components ?? {} });
  }

  /** Every operation as `METHOD /path/{with}/{parameters}`. */
  operations(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** What is wrong with an answer, in words; empty when it is as documented. */
  check(method: string, path: string, answer: Answer): string[] {
    const template = this.#templateOf(path);
    if (template === undefined) return [`${path} is not documented`];
    const operation = this.#document.paths[template]?.[method.toLowerCase()];
    if (operation === undefined)
      return answer.status === 405 ? [] : [`${method} ${template} is not documented`];
    const response = operation.responses[String(answer.status)];
    if (response === undefined) return [`${method} ${template} does not document ${answer.status}`];
    const type = answer.contentType?.split(';')[0] ?? 'none';
    const schema = response.content?.[type]?.schema;
    if (schema === undefined) return [`${method} ${template} ${answer.status} does not document ${type}`];
    return this.#validate(`${method} ${template} ${answer.status}`, schema, answer.body);
  }

  /** Whether the document lets an operation take this JSON body. */
  accepts(method: string, path: string, body: unknown): boolean {
    const schema = this.#operation(method, path).requestBody?.content['application/json']?.schema ?? {};
    return this.#validate(`${method} ${path} body`, schema, body).length === 0;
  }

  /** Whether the document lets an operation take these query parameters. */
  acceptsQuery(method: string, path: string, query: URLSearchParams): boolean {
    const parameters = (this.#operation(method, path).parameters ?? []).filter((one) => one.in === 'query');
    return parameters.every(({ name, schema }) => {
      const text = query.get(name);
      if (text === null) return true;
      const value = schema.type === 'integer' && text.trim() !== '' ? Number(text) : text;
      return this.#validate(`${method} ${path} ${name}`, schema, value).length === 0;
    });
  }

  #operation(method: string, path: string): Operation {
    const operation = this.#document.paths[this.#templateOf(path) ?? '']?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`${method} ${path} is not documented`);
    return operation;
  }

  #templateOf(path: string): string | undefined {
    const matches = Object.keys(this.#document.paths).filter((template) => toPattern(template).test(path));
    return matches.toSorted((a, b) => a.split('{').length - b.split('{').length)[0];
  }

  #validate(what: string, schema: object, body: unknown): string[] {
    const validate = this.#validators.get(what) ?? this.#ajv.compile(absolute(schema) as object);
    this.#validators.set(what, validate);
    if (validate(body)) return [];
    return (validate.errors ?? []).map((error) => `${what}: ${error.instancePath} ${error.message}`);
  }
}

export interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

function toPattern(template: string): RegExp {
  const escaped = template.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
}

/** `#/components/…` is relative to the document: make it name the document. */
function absolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absolute);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const isReference = key === '$ref' && typeof inner === 'string' && inner.startsWith('#/');
    return [key, isReference ? `openapi:${inner}` : absolute(inner)];
  });
  return Object.fromEntries(entries);
}
