CREATE TABLE "github_rounds" (
	"app_id" bigint PRIMARY KEY NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"cursor" text,
	"began_at" timestamp (3) with time zone,
	"oldest_open" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "pull_request_comments" (
	"repository_id" bigint NOT NULL,
	"number" integer NOT NULL,
	"comment_id" bigint,
	"shown" text NOT NULL,
	"problem" text,
	"again_at" timestamp (3) with time zone,
	CONSTRAINT "pull_request_comments_repository_id_number_pk" PRIMARY KEY("repository_id","number")
);
--> statement-breakpoint
CREATE TABLE "github_sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"user_id" bigint NOT NULL,
	"login" text NOT NULL,
	"app_id" bigint NOT NULL,
	"user_token" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "github_sign_ins" (
	"state_hash" text PRIMARY KEY NOT NULL,
	"browser_hash" text NOT NULL,
	"next" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "base_ref" text;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "filters_paths" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "github_deployment_id" bigint;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "github_deployment_shows" text;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "github_deployment_problem" text;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "held_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "cancel_running" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "github_installations" ADD COLUMN "told_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "github_repositories" ADD COLUMN "told_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "github_repositories" ADD COLUMN "heads_asked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "pull_requests" ADD COLUMN "head_since" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "pull_request_comments_living" ON "pull_request_comments" USING btree ("repository_id","number") WHERE "pull_request_comments"."shown" <> 'closed';--> statement-breakpoint
CREATE INDEX "github_sessions_of_user" ON "github_sessions" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "github_sessions_expiry" ON "github_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "github_sign_ins_expiry" ON "github_sign_ins" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "aliases_that_come_back" ON "aliases" USING btree ("deployment_id") WHERE "aliases"."kind" in ('production', 'pull-request');--> statement-breakpoint
CREATE INDEX "deployments_not_shown" ON "deployments" USING btree ("created_at") WHERE "deployments"."reports_to" is not null and "deployments"."github_deployment_problem" is null and "deployments"."github_deployment_shows" is distinct from "deployments"."status" and "deployments"."github_deployment_shows" is distinct from 'replaced' and "deployments"."status" not in ('blocked', 'skipped') and not ("deployments"."github_deployment_shows" is null and "deployments"."status" in ('canceled', 'superseded'));--> statement-breakpoint
CREATE INDEX "deployments_shown_ready" ON "deployments" USING btree ("id") WHERE "deployments"."github_deployment_shows" = 'ready';--> statement-breakpoint
CREATE INDEX "deployments_of_fork" ON "deployments" USING btree ("project_id","pull_request","created_at" DESC NULLS FIRST) WHERE "deployments"."pull_request" is not null;