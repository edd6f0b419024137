import { activateDeployment, type ActivateDependencies } from '../../actions/activate-deployment.ts';
import { endCheckoutToken, type EndCheckoutTokenDependencies } from '../../actions/checkout-token.ts';
import { collectGarbage, type CollectGarbageDependencies } from '../../actions/collect-garbage.ts';
import { answerComment, type AnswerCommentDependencies } from '../../actions/github/answer-comment.ts';
import { filterPaths, type FilterPathsDependencies } from '../../actions/github/filter-paths.ts';
import {
  reportDeployments,
  type ReportDeploymentsDependencies,
} from '../../actions/github/report-deployments.ts';
import { compareHeads, type CompareHeadsDependencies } from '../../actions/github/compare-heads.ts';
import {
  redeliverWebhooks,
  type RedeliverWebhooksDependencies,
} from '../../actions/github/redeliver-webhooks.ts';
import { launchBuild, type LaunchBuildDependencies, stopBuilder } from '../../actions/launch-build.ts';
import { syncBranch, type SyncBranchDependencies } from '../../actions/github/sync-branch.ts';
import { syncPullRequest, type SyncPullRequestDependencies } from '../../actions/github/sync-pull-request.ts';
import { projectAliases } from '../../actions/project-alias.ts';
import { removeProject, type RemoveProjectDependencies } from '../../actions/remove-project.ts';
import { runDeployHook, type RunDeployHookDependencies } from '../../actions/run-deploy-hook.ts';
import { scheduleBuilds, type ScheduleBuildsDependencies } from '../../actions/schedule-builds.ts';
import { sendDeliveries, type SendDeliveriesDependencies } from '../../actions/send-deliveries.ts';
import { syncBranches, type SyncBranchesDependencies } from '../../actions/sync-branches.ts';
import { writeLogWord, type WriteLogWordDependencies } from '../../actions/write-log-word.ts';
import type { JobHandlers } from '../queue.ts';

export interface HandlerDependencies
  extends
    ActivateDependencies,
    AnswerCommentDependencies,
    CollectGarbageDependencies,
    CompareHeadsDependencies,
    EndCheckoutTokenDependencies,
    FilterPathsDependencies,
    LaunchBuildDependencies,
    RedeliverWebhooksDependencies,
    RemoveProjectDependencies,
    ReportDeploymentsDependencies,
    RunDeployHookDependencies,
    ScheduleBuildsDependencies,
    SendDeliveriesDependencies,
    SyncBranchDependencies,
    SyncBranchesDependencies,
    SyncPullRequestDependencies,
    WriteLogWordDependencies {
  readonly db: ActivateDependencies['db'];
  readonly storage: ActivateDependencies['storage'] &
    CollectGarbageDependencies['storage'] &
    RemoveProjectDependencies['storage'];
  readonly launcher: LaunchBuildDependencies['launcher'];
  readonly logs: WriteLogWordDependencies['logs'] &
    RemoveProjectDependencies['logs'] &
    ReportDeploymentsDependencies['logs'];
}

/** What each job does. */
export function createHandlers(dependencies: HandlerDependencies): JobHandlers {
  return {
    'schedule-builds': async () => {
      await scheduleBuilds(dependencies);
    },
    'launch-build': ({ attemptId }) => launchBuild(attemptId, dependencies),
    'stop-builder': ({ attemptId }) => stopBuilder(attemptId, dependencies),
    'activate-deployment': ({ deploymentId }) => activateDeployment(deploymentId, dependencies),
    'project-aliases': ({ labels }) => projectAliases(labels, dependencies),
    'write-log-word': (word) => writeLogWord(word, dependencies),
    'remove-logs': ({ deploymentIds }) => dependencies.logs.remove(deploymentIds),
    'sync-branch': (name) => syncBranch(name, dependencies),
    'answer-comment': (asked) => answerComment(asked, dependencies),
    'sync-pull-request': (key) => syncPullRequest(key, dependencies),
    'filter-paths': ({ deploymentId }) => filterPaths(deploymentId, dependencies),
    'sync-branches': ({ projectId }) => syncBranches(projectId, dependencies),
    'redeliver-webhooks': (_, signal) => redeliverWebhooks(dependencies, signal),
    'compare-heads': (_, signal) => compareHeads(dependencies, signal),
    'revoke-checkout-token': (token) => endCheckoutToken(token, dependencies),
    'collect-garbage': (_, signal) => collectGarbage(dependencies, signal),
    'delete-project': ({ projectId }) => removeProject(projectId, dependencies),
    'run-deploy-hook': (run) => runDeployHook(run, dependencies),
    'report-deployments': (_, signal) => reportDeployments(dependencies, signal),
    'send-deliveries': (_, signal) => sendDeliveries(dependencies, signal),
  };
}
