import { z } from 'zod';
import { describeMisspelt } from './setting-names.ts';
import { parseSiteDomain } from './site-domain.ts';

const SECRET_KEY_BYTES = 32;

/** One setting: an environment variable, what it is when it is missing, and what it must look like. */
export interface Setting<Value = unknown> {
  readonly name: string;
  /** As one would write it; undefined where it must be given, empty where it may be left out. */
  readonly fallback: string | undefined;
  /** One sentence. */
  readonly about: string;
  readonly schema: z.ZodType<Value, string>;
}

/** `fallback` is undefined where the setting must be given. */
export function setting<Value>(
  name: string,
  fallback: string | number | undefined,
  schema: z.ZodType<Value, string>,
  about: string,
): Setting<Value> {
  return { name, fallback: fallback?.toString(), schema, about };
}

/** A setting that may be left out, and is undefined then. */
export function optionalSetting<Value>(
  name: string,
  schema: z.ZodType<Value, string>,
  about: string,
): Setting<Value | undefined> {
  const optional = z.string().transform((value, context) => {
    if (value === '') return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    context.addIssue(parsed.error.issues[0]?.message ?? 'wrong value');
    return z.NEVER;
  });
  return setting(name, '', optional, about);
}

export const text = z.string().min(1);
export const integer = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^[0-9]+$/, 'a whole number is expected')
    .transform(Number)
    .pipe(z.number().min(min, `at least ${min} is expected`).max(max, `at most ${max} is expected`));
export const yesOrNo = z
  .enum(['true', 'false', '1', '0', ''], 'true or false is expected')
  .transform((word) => word === 'true' || word === '1');
export const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')} is expected`,
    );
export const origin = url('http:', 'https:')
  .transform((value) => new URL(value))
  .refine(
    ({ pathname, search, hash }) => `${pathname}${search}${hash}` === '/',
    'no path is expected behind the host',
  );
export const siteDomain = z.string().transform((value, context) => {
  const domain = parseSiteDomain(value);
  if (domain !== undefined) return domain;
  context.addIssue('[scheme://]host[:port] is expected, such as https://sites.example.com');
  return z.NEVER;
});
export const secretKey = z
  .string()
  .transform((value) => new Uint8Array(Buffer.from(value, 'base64')))
  .refine(
    (key) => key.length === SECRET_KEY_BYTES,
    '32 bytes in base64 are expected: openssl rand -base64 32',
  );

/** Several of them, separated by commas; none for an empty text. */
export const secretKeys = z
  .string()
  .transform((value) => value.split(',').filter((key) => key.trim() !== ''))
  .pipe(z.array(secretKey));

export type Settings = Readonly<Record<string, Setting>>;
export type Values<Table extends Settings> = {
  readonly [Key in keyof Table]: z.output<Table[Key]['schema']>;
};

/** What is wrong with the environment, one sentence a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings of a program. An empty variable counts as none: that is how people switch one off. Throws
 * ConfigError that names all that is wrong at once. `others` are settings of programs that share the environment.
 */
export function parseSettings<Table extends Settings>(
  table: Table,
  env: Readonly<Record<string, string | undefined>>,
  others: readonly string[],
): Values<Table> {
  const known = [...Object.values(table).map(({ name }) => name), ...others];
  const faults = describeMisspelt(Object.keys(env), known);
  const entries = Object.entries(table).map(([key, one]) => {
    const parsed = parseSetting(one, env[one.name]);
    if (!parsed.ok) faults.push(parsed.message);
    return [key, parsed.ok ? parsed.value : undefined];
  });
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return Object.fromEntries(entries) as Values<Table>;
}

type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

function parseSetting({ name, fallback, about, schema }: Setting, given: string | undefined): Parsed {
  const value = given === undefined || given.trim() === '' ? fallback : given.trim();
  if (value === undefined) return { ok: false, message: `${name} is missing. ${about}` };
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    message: `${name} can't be used: ${parsed.error.issues[0]?.message ?? 'wrong value'}. ${about}`,
  };
}
