import type { SiteDomain } from '../../contracts/site-domain.ts';
import type { CreateProjectDependencies } from '../actions/create-project.ts';
import type { CreateWebhookDependencies } from '../actions/create-webhook.ts';
import type { RedeployDependencies } from '../actions/deploy.ts';
import type { DeployRefDependencies } from '../actions/deploy-ref.ts';
import type { ReceiveDeliveryDependencies } from '../actions/github/receive-delivery.ts';
import type { GithubConnection } from '../actions/github-connection.ts';
import type { GithubSignInDependencies } from '../actions/github-sign-in.ts';
import type { SetUpGithubDependencies } from '../actions/set-up-github.ts';
import type { EndAttemptDependencies } from '../actions/end-attempt.ts';
import type { PromoteDependencies } from '../actions/promote.ts';
import type { Database } from '../db/database.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import type { AppManifest } from '../github/client/app-manifest.ts';
import type { LogHints, LogStore } from '../logs/stores/log-store.ts';
import type { LoginDependencies } from './login.ts';
import type { PageDependencies } from './page.ts';

export interface DashboardOptions
  extends
    LoginDependencies,
    Omit<GithubSignInDependencies, 'db' | 'secrets'>,
    Omit<CreateProjectDependencies, 'db' | 'secrets'>,
    Pick<CreateWebhookDependencies, 'webhookSender'>,
    Omit<DeployRefDependencies, 'hints' | 'secrets'>,
    Omit<RedeployDependencies, 'hints'>,
    Omit<EndAttemptDependencies, 'hints' | 'logs'>,
    Omit<PromoteDependencies, 'hints'>,
    Omit<ReceiveDeliveryDependencies, 'hints' | 'logs'>,
    Omit<SetUpGithubDependencies, 'secrets'> {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish' | 'subscribe'>;
  readonly logs: Pick<LogStore, 'append' | 'readTail'>;
  readonly secrets: SecretBox;
  readonly github: GithubConnection;
  /** app.yml. */
  readonly appManifest: AppManifest;
  readonly webhookProxyUrl: string | undefined;
  /** OFFSHOOT_DOMAIN. */
  readonly domain: SiteDomain;
  /** The operator's retention, which projects may override. */
  readonly keepPerBranch: number;
  readonly previewDays: number;
}

/** What pages and their forms need. */
export type DashboardDependencies = DashboardOptions & PageDependencies;
