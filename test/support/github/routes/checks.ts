import { notFound, Refusal } from '../refusal.ts';
import { paginate, repositoryOf } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import { takeId } from '../state.ts';
import type { CheckRun } from '../state.ts';
import { renderCheckRun } from '../checks.ts';
import { nowIso } from '../world.ts';
import { resolveCommit } from './repositories.ts';

const ONE = '/repos/{owner}/{repo}/check-runs/{check_run_id}';

export const checkRoutes: Routes = {
  'POST /repos/{owner}/{repo}/check-runs': { needs: ['checks:write'], serve: createCheckRun },
  [`GET ${ONE}`]: { needs: ['checks:read'], serve: getCheckRun },
  [`PATCH ${ONE}`]: { needs: ['checks:write'], serve: updateCheckRun },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': { needs: ['checks:read'], serve: listCheckRuns },
};

function createCheckRun(call: Call): Answer {
  const { world, body, caller } = call;
  const repository = repositoryOf(call);
  const { app } = world.state;
  if (app === null || caller.kind !== 'installation') {
    throw new Refusal(403, 'You must authenticate via a GitHub App.');
  }
  const sha = String(body['head_sha']);
  if (repository.objects.commit(sha) === undefined) throw new Refusal(422, `No commit found for SHA: ${sha}`);
  const run: CheckRun = {
    id: takeId(world.state),
    sha,
    app,
    name: String(body['name']),
    status: 'queued',
    conclusion: null,
    detailsUrl: null,
    externalId: '',
    output: { title: null, summary: null, text: null },
    startedAt: nowIso(world),
    completedAt: null,
  };
  change(run, call);
  repository.checkRuns.set(run.id, run);
  return { status: 201, body: renderCheckRun(repository, run, world.urls) };
}

function change(run: CheckRun, { body, world }: Call): void {
  const given = <T>(name: string, old: T) => (body[name] === undefined ? old : (body[name] as T));
  run.name = given('name', run.name);
  run.status = given('status', run.status);
  run.conclusion = given('conclusion', run.conclusion);
  // A conclusion completes a run, whatever else is said.
  if (body['conclusion'] !== undefined) run.status = 'completed';
  if (run.status === 'completed' && run.conclusion === null) {
    throw new Refusal(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.');
  }
  run.detailsUrl = given('details_url', run.detailsUrl);
  run.externalId = given('external_id', run.externalId);
  run.output = { ...run.output, ...given('output', {}) };
  run.startedAt = given('started_at', run.startedAt);
  const completedAt = run.status === 'completed' ? (run.completedAt ?? nowIso(world)) : null;
  run.completedAt = given('completed_at', completedAt);
}

function findCheckRun(call: Call): CheckRun {
  const found = repositoryOf(call).checkRuns.get(Number(call.params['check_run_id']));
  if (found === undefined) throw notFound();
  return found;
}

function getCheckRun(call: Call): Answer {
  return { body: renderCheckRun(repositoryOf(call), findCheckRun(call), call.world.urls) };
}

function updateCheckRun(call: Call): Answer {
  const run = findCheckRun(call);
  change(run, call);
  return { body: renderCheckRun(repositoryOf(call), run, call.world.urls) };
}

function listCheckRuns(call: Call): Answer {
  const repository = repositoryOf(call);
  const { query } = call;
  const commit = resolveCommit(repository, String(call.params['ref']));
  if (commit === undefined) throw notFound();
  const all = [...repository.checkRuns.values()].filter(
    (each) =>
      each.sha === commit.sha &&
      (query['check_name'] === undefined || each.name === query['check_name']) &&
      (query['status'] === undefined || each.status === query['status']) &&
      (query['app_id'] === undefined || each.app.id === query['app_id']),
  );
  const { items, headers } = paginate(call, all.toReversed());
  const runs = items.map((each) => renderCheckRun(repository, each, call.world.urls));
  return { body: { total_count: all.length, check_runs: runs }, headers };
}
