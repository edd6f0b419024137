import { parseCommentData } from '../app/domain/github/comment-data.ts';
import type { GitHub } from '../test/support/github/github.ts';
import type { Repository } from '../test/support/github/state.ts';

const LOOK_MS = 100;
const COMMIT_LENGTH = 7;

/** What GitHub shows of a repository, a line for each thing: it is told again when its words change. */
export function describeRepository(repository: Repository): Map<string, string> {
  const lines = new Map<string, string>();
  for (const { sha, context, state, description } of repository.statuses)
    lines.set(
      `status ${sha} ${context}`,
      `status      ${short(sha)}  ${state.padEnd(8)} ${context}: ${description ?? ''}`,
    );
  for (const { id, sha, environment, statuses } of repository.deployments.values()) {
    const state = statuses.at(-1)?.state ?? 'pending';
    lines.set(`deployment ${id}`, `deployment  ${short(sha)}  ${state.padEnd(8)} ${environment}`);
  }
  for (const { id, number, body } of repository.comments.values())
    lines.set(`comment ${id}`, `comment     #${number}       ${describeComment(body)}`);
  return lines;
}

function describeComment(body: string): string {
  const projects = parseCommentData(body);
  if (projects === undefined) return body;
  return projects
    .map(({ project, status, previewUrl }) => `${project} is ${status}, preview: ${previewUrl ?? 'none'}`)
    .join('; ');
}

const short = (sha: string): string => sha.slice(0, COMMIT_LENGTH);

/** Tells of statuses, deployments and comments as they change, until it is stopped. */
export function watchGitHub(github: Pick<GitHub, 'state'>, tell: (line: string) => void): () => void {
  const told = new Map<string, string>();
  const look = () => {
    for (const repository of github.state.repositories.values()) {
      for (const [name, line] of describeRepository(repository)) {
        if (told.get(name) === line) continue;
        told.set(name, line);
        tell(line);
      }
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
  };
}
