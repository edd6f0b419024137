import { inject } from 'vitest';

/** The URL of a server that all tests of this run share; it is started when the first one asks. */
export async function sharedServerUrl(name: 'postgres' | 'clickhouse'): Promise<string> {
  const response = await fetch(`${inject('testServersUrl')}/${name}`);
  const answer = await response.text();
  if (!response.ok) throw new Error(`the shared ${name} did not start: ${answer}`);
  return answer;
}
