CREATE SEQUENCE "public"."generations" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "aliases" (
	"label" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"kind" text NOT NULL,
	"branch" text,
	"state" text NOT NULL,
	"deployment_id" text,
	"manifest" text,
	"reason" text,
	"recent" jsonb NOT NULL,
	"floor_generation" bigint DEFAULT 0 NOT NULL,
	"version" bigint NOT NULL,
	"projected_version" bigint DEFAULT 0 NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"deployment_id" text NOT NULL,
	"number" integer NOT NULL,
	"status" text NOT NULL,
	"token_hash" text NOT NULL,
	"nonce_hash" text,
	"launcher" text NOT NULL,
	"handle" jsonb,
	"lease_expires_at" timestamp (3) with time zone NOT NULL,
	"last_seq" bigint,
	"created_at" timestamp (3) with time zone NOT NULL,
	"claimed_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "attempts_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "attempts_number" UNIQUE("deployment_id","number")
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"project_id" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"variants" jsonb NOT NULL,
	"stored_at" timestamp (3) with time zone,
	"announced_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "blobs_project_id_sha256_pk" PRIMARY KEY("project_id","sha256")
);
--> statement-breakpoint
CREATE TABLE "branches" (
	"project_id" text NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"generation" bigint NOT NULL,
	"commit" text,
	"deleted_at" timestamp (3) with time zone,
	CONSTRAINT "branches_project_id_name_pk" PRIMARY KEY("project_id","name"),
	CONSTRAINT "branches_slug" UNIQUE("project_id","slug")
);
--> statement-breakpoint
CREATE TABLE "deployments" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"environment" text NOT NULL,
	"ref_kind" text NOT NULL,
	"ref" text NOT NULL,
	"commit" text NOT NULL,
	"generation" bigint,
	"status" text NOT NULL,
	"reason" text,
	"message" text,
	"settings" jsonb NOT NULL,
	"attempts_left" integer NOT NULL,
	"manifest" text,
	"file_count" integer,
	"output_bytes" bigint,
	"framework" text,
	"phases" jsonb NOT NULL,
	"pinned" boolean DEFAULT false NOT NULL,
	"cancel_requested_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"id" text PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"git_url" text NOT NULL,
	"git_credentials" text,
	"production_branch" text NOT NULL,
	"settings" jsonb NOT NULL,
	"hold_production" boolean DEFAULT false NOT NULL,
	"keep_per_branch" integer,
	"preview_days" integer,
	"created_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	CONSTRAINT "projects_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "branches" ADD CONSTRAINT "branches_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deployments" ADD CONSTRAINT "deployments_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "aliases_of_project" ON "aliases" USING btree ("project_id");--> statement-breakpoint
CREATE INDEX "aliases_behind" ON "aliases" USING btree ("label") WHERE "aliases"."projected_version" < "aliases"."version";--> statement-breakpoint
CREATE INDEX "attempts_running" ON "attempts" USING btree ("lease_expires_at") WHERE "attempts"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "deployments_of_project" ON "deployments" USING btree ("project_id","created_at" DESC NULLS LAST,"id");--> statement-breakpoint
CREATE INDEX "deployments_unfinished" ON "deployments" USING btree ("created_at") WHERE "deployments"."status" in ('queued', 'launching', 'building');