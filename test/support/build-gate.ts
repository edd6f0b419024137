import type { IncomingMessage, ServerResponse } from 'node:http';

const PREFIX = '/gate/';

/**
 * Where builds wait for a test, so that it needs no guess how long one takes: a build asks the Git server for its gate
 * and goes on when the test has opened it.
 */
export interface BuildGate {
  /** For `startGitServer`. */
  readonly intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** A line of JavaScript for a build script: waits until the gate of this name is open. `url` is the Git server's. */
  wait(url: string, name: string): string;
  /** Lets through who waits there, and whoever comes later. */
  open(name: string): void;
}

export function createBuildGate(): BuildGate {
  const opened = new Set<string>();
  const waiting = new Map<string, ServerResponse[]>();
  return {
    intercept(request, response) {
      const { url = '' } = request;
      if (!url.startsWith(PREFIX)) return false;
      const name = url.slice(PREFIX.length);
      if (opened.has(name)) response.end();
      else waiting.set(name, [...(waiting.get(name) ?? []), response]);
      return true;
    },
    wait: (url, name) =>
      `await new Promise((go, stop) => require('node:http').get('${url}${PREFIX}${name}', (answer) => answer.resume().on('end', go)).on('error', stop));`,
    open(name) {
      opened.add(name);
      for (const response of waiting.get(name) ?? []) response.end();
      waiting.delete(name);
    },
  };
}
