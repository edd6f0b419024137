import { takeExample } from './examples.ts';
import { nodeId, renderApp } from './render.ts';
import { fullNameOf } from './state.ts';
import type { CheckRun, Repository, User } from './state.ts';
import type { Urls, World } from './world.ts';

export function renderCheckRun(repository: Repository, run: CheckRun, urls: Urls) {
  const fullName = fullNameOf(repository);
  const url = `${urls.api}/repos/${fullName}/check-runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.sha,
    external_id: run.externalId,
    url,
    html_url: `${urls.web}/${fullName}/runs/${run.id}`,
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: { ...run.output, annotations_count: 0, annotations_url: `${url}/annotations` },
    name: run.name,
    check_suite: { id: run.id },
    app: renderApp(run.app, urls),
    pull_requests: [],
  };
}

/** What a person's click on "Re-run" tells the App. */
export function rerequestCheckRun(world: World, repository: Repository, run: CheckRun, by: User): void {
  const {
    repository: _1,
    sender: _2,
    installation: _3,
    organization: _4,
    ...example
  } = takeExample('check_run', 'rerequested');
  const suite = { ...((example['check_run'] as Record<string, unknown>)['check_suite'] as object) };
  const payload = {
    ...example,
    action: 'rerequested',
    check_run: {
      ...renderCheckRun(repository, run, world.urls),
      check_suite: {
        ...suite,
        id: run.id,
        url: `${world.urls.api}/repos/${fullNameOf(repository)}/check-suites/${run.id}`,
        head_sha: run.sha,
        app: renderApp(run.app, world.urls),
      },
    },
  };
  world.emit({ name: 'check_run', payload, sender: by, repository });
}
