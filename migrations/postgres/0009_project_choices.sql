ALTER TABLE "projects" ADD COLUMN "cancel_running" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "filters_paths" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "deployments" ADD COLUMN "held_until" timestamp (3) with time zone;
