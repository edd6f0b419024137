import { type LogLine, logLineSchema } from './answers.ts';
import type { ApiClient } from './api-client.ts';
import { explainNetworkError } from './explain-network-error.ts';

/** The lines of a log that are there by now, as they come. A log that breaks off throws: a half is never taken for a whole. */
export async function* readLog(
  client: ApiClient,
  deploymentId: string,
  stop: AbortSignal,
): AsyncGenerator<LogLine, void, void> {
  const answer = await client.open(`/logs/${deploymentId}`, { accept: 'application/x-ndjson' });
  let rest = '';
  try {
    for await (const chunk of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield logLineSchema.parse(JSON.parse(line));
    }
  } catch (error) {
    stop.throwIfAborted();
    throw explainNetworkError(error, client.url);
  }
}
