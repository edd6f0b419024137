// Takes out of GitHub's own OpenAPI description what the GitHub of the tests serves: parameters and bodies, without
// prose. The package (@octokit/openapi) is 385 MB unpacked, too heavy to depend on, so its extract is committed:
//
//   npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
//   node scripts/extract-github-openapi.mjs package > test/support/github/openapi.json
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const OPERATIONS = `
GET /app
GET /app/hook/config
GET /app/hook/deliveries
GET /app/hook/deliveries/{delivery_id}
POST /app/hook/deliveries/{delivery_id}/attempts
GET /app/installations
GET /app/installations/{installation_id}
POST /app/installations/{installation_id}/access_tokens
POST /app-manifests/{code}/conversions
GET /installation/repositories
DELETE /installation/token
GET /rate_limit
GET /repos/{owner}/{repo}
GET /repos/{owner}/{repo}/installation
GET /repos/{owner}/{repo}/branches
GET /repos/{owner}/{repo}/branches/{branch}
GET /repos/{owner}/{repo}/check-runs/{check_run_id}
PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}
POST /repos/{owner}/{repo}/check-runs
GET /repos/{owner}/{repo}/collaborators/{username}/permission
GET /repos/{owner}/{repo}/commits/{ref}
GET /repos/{owner}/{repo}/commits/{ref}/check-runs
GET /repos/{owner}/{repo}/commits/{ref}/status
GET /repos/{owner}/{repo}/commits/{ref}/statuses
GET /repos/{owner}/{repo}/compare/{basehead}
GET /repos/{owner}/{repo}/contents/{path}
GET /repos/{owner}/{repo}/deployments
POST /repos/{owner}/{repo}/deployments
GET /repos/{owner}/{repo}/deployments/{deployment_id}
GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses
POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses
GET /repos/{owner}/{repo}/git/matching-refs/{ref}
GET /repos/{owner}/{repo}/git/ref/{ref}
DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}
GET /repos/{owner}/{repo}/issues/comments/{comment_id}
PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}
GET /repos/{owner}/{repo}/issues/{issue_number}/comments
POST /repos/{owner}/{repo}/issues/{issue_number}/comments
GET /repos/{owner}/{repo}/pulls
GET /repos/{owner}/{repo}/pulls/{pull_number}
GET /repos/{owner}/{repo}/pulls/{pull_number}/files
POST /repos/{owner}/{repo}/statuses/{sha}
GET /user
GET /user/installations
GET /user/installations/{installation_id}/repositories
GET /users/{username}`
  .trim()
  .split('\n');

/** What says how things look to people, and what says nothing of what is allowed. */
const PROSE = new Set(['description', 'example', 'examples', 'title', 'default', 'deprecated', 'format']);

function strip(schema) {
  if (Array.isArray(schema)) return schema.map(strip);
  if (schema === null || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([key]) => !PROSE.has(key) && !key.startsWith('x-'));
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key === 'properties' ? stripEach(value) : strip(value)]),
  );
}

/** A property may be called `description`. */
function stripEach(properties) {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, strip(schema)]));
}

function extract(description, operation) {
  const [method, path] = operation.split(' ');
  const found = description.paths[path]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`GitHub's description has no ${operation}. Correct OPERATIONS.`);
  const parameters = (found.parameters ?? []).map(({ in: place, name, required = false, schema }) => ({
    in: place,
    name,
    required,
    schema: strip(schema),
  }));
  const answer = Object.entries(found.responses).find(([status]) => status.startsWith('2'));
  const body = found.requestBody?.content?.['application/json']?.schema;
  return {
    id: found.operationId,
    answer: {
      status: Number(answer[0]),
      required: requiredOf(answer[1].content?.['application/json']?.schema),
    },
    parameters,
    ...(body && { body: strip(body), bodyRequired: found.requestBody.required ?? false }),
  };
}

/** Which properties an answer (or each item of one) always has; the whole schemas would be megabytes. */
function requiredOf(schema = {}) {
  return schema.type === 'array' ? (schema.items.required ?? []) : (schema.required ?? []);
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Say where @octokit/openapi is unpacked, as the only argument.');
const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const file = 'generated/api.github.com.deref.json';
const description = JSON.parse(readFileSync(join(folder, file), 'utf8'));
const operations = Object.fromEntries(OPERATIONS.map((each) => [each, extract(description, each)]));
process.stdout.write(`${JSON.stringify({ source: `${name} ${version}, ${file}`, operations }, null, 1)}\n`);
