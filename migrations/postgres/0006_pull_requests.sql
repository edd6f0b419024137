ALTER TABLE "deployments" ADD COLUMN "base_ref" text;--> statement-breakpoint
ALTER TABLE "pull_requests" ADD COLUMN "head_since" timestamp (3) with time zone;
