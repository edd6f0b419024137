DROP INDEX "deployments_of_project";--> statement-breakpoint
CREATE INDEX "aliases_of_deployment" ON "aliases" USING btree ("deployment_id");--> statement-breakpoint
CREATE INDEX "deployments_newest" ON "deployments" USING btree ("created_at" DESC NULLS FIRST,"id");--> statement-breakpoint
CREATE INDEX "deployments_of_project" ON "deployments" USING btree ("project_id","created_at" DESC NULLS FIRST,"id");