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
CREATE INDEX "github_sessions_of_user" ON "github_sessions" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "github_sessions_expiry" ON "github_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "github_sign_ins_expiry" ON "github_sign_ins" USING btree ("expires_at");
