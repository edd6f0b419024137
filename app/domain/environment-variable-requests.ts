import { parseEnv } from 'node:util';
import { z } from 'zod';
import { checkVariableName, checkVariableValue, type NewVariable } from './environment-variables.ts';
import { branchSchema } from './project-requests.ts';

// What people may ask of environment variables, by the API or by a form of the dashboard.

/** What a schema says of a text: the sentence of a check, if it has one. */
function checkedBy(check: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const message = check(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

export const variableNameSchema = checkedBy(checkVariableName).meta({ example: 'CMS_TOKEN' });
export const variableValueSchema = checkedBy(checkVariableValue).meta({
  description: 'Kept encrypted, and never shown again. May be empty, and may have several lines.',
});

export const variablePlaceFields = {
  environment: z.enum(['production', 'preview']).nullable().default(null).meta({
    description: 'Which builds get it; null for all. The narrower place wins.',
  }),
  branch: branchSchema.nullable().default(null).meta({
    description: 'With `preview`: builds of this branch alone.',
    example: 'content',
  }),
};

export const newVariableSchema = z.strictObject({ value: variableValueSchema, ...variablePlaceFields });

/** More is no file of variables. */
const MAX_ENV_FILE_LENGTH = 48 * 1024;

export const variableImportSchema = z.strictObject({
  text: z.string().min(1).max(MAX_ENV_FILE_LENGTH).meta({
    description:
      'What a `.env` file holds: `NAME=value`, a line each; quotes, comments and `export` as usual.',
    example: 'CMS_URL=https://cms.example.com\nCMS_TOKEN="…"',
  }),
  ...variablePlaceFields,
});

export type ParsedEnvFile =
  | { readonly ok: true; readonly variables: readonly NewVariable[] }
  /** One sentence for each name or value that is refused; none repeats a value. */
  | { readonly ok: false; readonly messages: readonly string[] };

/** Reads the text of a `.env` file as Node does. One variable that is refused refuses all. */
export function parseEnvFile(text: string): ParsedEnvFile {
  const variables = Object.entries(parseEnv(text)).map(([name, value = '']) => ({ name, value }));
  if (variables.length === 0) return { ok: false, messages: ['No line of this is NAME=value.'] };
  const messages = variables.flatMap(({ name, value }) => {
    const ofValue = checkVariableValue(value);
    return [checkVariableName(name), ofValue && `${name}: ${ofValue}`].filter(
      (message) => message !== undefined,
    );
  });
  return messages.length > 0 ? { ok: false, messages } : { ok: true, variables };
}
