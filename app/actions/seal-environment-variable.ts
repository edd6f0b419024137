import type { EnvironmentVariableRow } from '../db/environment-variables.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { sealingContext } from '../domain/sealing-context.ts';

/** What the database keeps of a value. */
export function sealEnvironmentVariable(id: string, value: string, secrets: Pick<SecretBox, 'seal'>): string {
  return secrets.seal(value, sealingContext('environmentVariable', id));
}

/** As a build gets it: never logged or shown. Throws SealedTextError when the key that sealed it is gone. */
export function openEnvironmentVariable(
  { id, value }: Pick<EnvironmentVariableRow, 'id' | 'value'>,
  secrets: Pick<SecretBox, 'open'>,
): string {
  return secrets.open(value, sealingContext('environmentVariable', id));
}
