CREATE TABLE "github_app" (
	"app_id" bigint PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"html_url" text NOT NULL,
	"client_id" text NOT NULL,
	"secrets" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "github_deliveries" (
	"guid" text PRIMARY KEY NOT NULL,
	"event" text NOT NULL,
	"action" text,
	"installation_id" bigint,
	"repository_id" bigint,
	"repository_name" text,
	"outcome" text NOT NULL,
	"reason" text NOT NULL,
	"payload" text,
	"received_at" timestamp (3) with time zone NOT NULL,
	"replayed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "github_installations" (
	"id" bigint PRIMARY KEY NOT NULL,
	"account_id" bigint,
	"account_login" text NOT NULL,
	"suspended_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "github_paces" (
	"installation_id" bigint PRIMARY KEY NOT NULL,
	"writer" text,
	"writer_until" timestamp (3) with time zone,
	"next_write_at" timestamp (3) with time zone NOT NULL,
	"silent_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "github_repositories" (
	"id" bigint PRIMARY KEY NOT NULL,
	"installation_id" bigint NOT NULL,
	"full_name" text NOT NULL,
	"html_url" text NOT NULL,
	"default_branch" text,
	"is_private" boolean NOT NULL,
	"removed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "github_setups" (
	"state_hash" text PRIMARY KEY NOT NULL,
	"session_hash" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pull_requests" (
	"project_id" text NOT NULL,
	"number" integer NOT NULL,
	"title" text NOT NULL,
	"author_login" text NOT NULL,
	"head_repository_id" bigint,
	"head_ref" text NOT NULL,
	"head_commit" text NOT NULL,
	"base_ref" text NOT NULL,
	"is_draft" boolean NOT NULL,
	"is_open" boolean NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"generation" bigint NOT NULL,
	CONSTRAINT "pull_requests_project_id_number_pk" PRIMARY KEY("project_id","number")
);
--> statement-breakpoint
CREATE TABLE "environment_variables" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"name" text NOT NULL,
	"environment" text,
	"branch" text,
	"value" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "environment_variables_place" UNIQUE NULLS NOT DISTINCT("project_id","name","environment","branch")
);
--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "checkout_token" text;--> statement-breakpoint
ALTER TABLE "branches" ADD COLUMN "pushed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "pull_request" integer;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "is_trusted" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "reports_to" bigint;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "reported_status" text;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "report_problem" text;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "repository_id" bigint;--> statement-breakpoint
ALTER TABLE "github_repositories" ADD CONSTRAINT "github_repositories_installation_id_github_installations_id_fk" FOREIGN KEY ("installation_id") REFERENCES "public"."github_installations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pull_requests" ADD CONSTRAINT "pull_requests_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "environment_variables" ADD CONSTRAINT "environment_variables_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "github_deliveries_newest" ON "github_deliveries" USING btree ("received_at" DESC NULLS FIRST,"guid");--> statement-breakpoint
CREATE INDEX "github_deliveries_of_repository" ON "github_deliveries" USING btree ("repository_id","received_at" DESC NULLS FIRST,"guid");--> statement-breakpoint
CREATE INDEX "github_repositories_of_installation" ON "github_repositories" USING btree ("installation_id");--> statement-breakpoint
CREATE INDEX "pull_requests_of_head" ON "pull_requests" USING btree ("project_id","head_ref") WHERE "pull_requests"."is_open";--> statement-breakpoint
CREATE INDEX "deployments_unreported" ON "deployments" USING btree ("created_at") WHERE "deployments"."reports_to" is not null and "deployments"."report_problem" is null and "deployments"."reported_status" is distinct from "deployments"."status";--> statement-breakpoint
CREATE INDEX "projects_of_repository" ON "projects" USING btree ("repository_id") WHERE "projects"."repository_id" is not null;