CREATE TABLE "github_rounds" (
	"app_id" bigint PRIMARY KEY NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"cursor" text,
	"began_at" timestamp (3) with time zone,
	"oldest_open" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "github_repositories" ADD COLUMN "heads_asked_at" timestamp (3) with time zone;
