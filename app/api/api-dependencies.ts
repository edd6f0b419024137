import type { z } from '@hono/zod-openapi';
import type { BeginUploadDependencies } from '../actions/begin-upload.ts';
import type { CreateWebhookDependencies } from '../actions/create-webhook.ts';
import type { CreateProjectDependencies } from '../actions/create-project.ts';
import type { RedeployDependencies } from '../actions/deploy.ts';
import type { EndAttemptDependencies } from '../actions/end-attempt.ts';
import type { ReceiveDeliveryDependencies } from '../actions/github/receive-delivery.ts';
import type { PromoteDependencies } from '../actions/promote.ts';
import type { ResolveProjectRefDependencies } from '../actions/resolve-project-ref.ts';
import type { Database } from '../db/database.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import type { Addresses } from './present.ts';

/** What the actions behind the routes need, and what answers are made of. */
export interface ApiDependencies
  extends
    Omit<CreateProjectDependencies, 'db' | 'secrets'>,
    BeginUploadDependencies,
    RedeployDependencies,
    EndAttemptDependencies,
    PromoteDependencies,
    ReceiveDeliveryDependencies,
    Omit<ResolveProjectRefDependencies, 'secrets'>,
    Addresses {
  readonly db: Database;
  readonly webhookSender: CreateWebhookDependencies['webhookSender'];
  readonly secrets: SecretBox;
  /** What `GET /logs/:id` takes and answers: its room is not ours, but the document describes it. */
  readonly logSchemas: { readonly query: z.ZodObject; readonly page: z.ZodType };
}
