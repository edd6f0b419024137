import { rateOf } from '../limits.ts';
import { notFound, Refusal } from '../refusal.ts';
import { renderApp, renderInstallation, renderRepository } from '../render.ts';
import { installationFrom, paginate, pageOf, repositoryOf } from '../route.ts';
import type { Answer, Call, Routes } from '../route.ts';
import { installationOf, repositoriesOf } from '../state.ts';
import type { App, Delivery, Installation, Permissions, Repository, Token } from '../state.ts';
import { tokenHas } from '../auth.ts';
import { isoOf } from '../world.ts';

const TOKEN_LIFE_MS = 3_600_000;
/** Older deliveries are neither listed nor delivered again. */
const DELIVERIES_KEPT_MS = 3 * 24 * 3_600_000;

export const appRoutes: Routes = {
  'GET /app': { needs: 'app', serve: getApp },
  'GET /app/hook/config': { needs: 'app', serve: getHookConfig },
  'GET /app/hook/deliveries': { needs: 'app', serve: listDeliveries },
  'GET /app/hook/deliveries/{delivery_id}': { needs: 'app', serve: getDelivery },
  'POST /app/hook/deliveries/{delivery_id}/attempts': { needs: 'app', serve: redeliver },
  'GET /app/installations': { needs: 'app', serve: listInstallations },
  'GET /app/installations/{installation_id}': { needs: 'app', serve: getInstallation },
  'POST /app/installations/{installation_id}/access_tokens': { needs: 'app', serve: createToken },
  'GET /repos/{owner}/{repo}/installation': { needs: 'app', serve: getInstallationOf },
  'GET /installation/repositories': { needs: 'installation', serve: listRepositories },
  'DELETE /installation/token': { needs: 'installation', serve: revokeToken },
  'GET /rate_limit': { needs: 'anyone', serve: getRateLimit },
};

export function appOf({ world }: Call): App {
  if (world.state.app === null) throw notFound();
  return world.state.app;
}

function getApp(call: Call): Answer {
  const count = call.world.state.installations.size;
  return { body: { ...renderApp(appOf(call), call.world.urls), installations_count: count } };
}

function getHookConfig(call: Call): Answer {
  const { hookUrl, webhookSecret } = appOf(call);
  const secret = webhookSecret === '' ? {} : { secret: '********' };
  return { body: { content_type: 'json', insecure_ssl: '0', url: hookUrl ?? '', ...secret } };
}

/** Newest first; pages are found by a cursor, since new ones come in meanwhile. */
function listDeliveries(call: Call): Answer {
  const { size } = pageOf(call);
  const cursor = /^v1_(\d+)$/.exec(String(call.query['cursor'] ?? ''))?.[1];
  if ('cursor' in call.query && cursor === undefined) throw new Refusal(422, 'Invalid cursor');
  const all = keptDeliveries(call).filter((each) => isOutcome(each, call.query['status']));
  const from = cursor === undefined ? all : all.filter(({ id }) => id <= Number(cursor));
  const next = from[size];
  const url = new URL(call.url);
  url.searchParams.set('cursor', `v1_${next?.id}`);
  return {
    body: from.slice(0, size).map(renderDelivery),
    headers: next === undefined ? {} : { Link: `<${url.href}>; rel="next"` },
  };
}

function isOutcome({ statusCode }: Delivery, wanted: unknown): boolean {
  if (wanted === 'success') return statusCode >= 200 && statusCode <= 399;
  return wanted === 'failure' ? statusCode >= 400 && statusCode <= 599 : true;
}

function keptDeliveries({ world }: Call): Delivery[] {
  const oldest = isoOf(world.now() - DELIVERIES_KEPT_MS);
  return world.state.deliveries.filter((each) => each.deliveredAt >= oldest).toSorted((a, b) => b.id - a.id);
}

function findDelivery(call: Call): Delivery {
  const found = keptDeliveries(call).find(({ id }) => id === call.params['delivery_id']);
  if (found === undefined) throw notFound();
  return found;
}

function getDelivery(call: Call): Answer {
  const found = findDelivery(call);
  return {
    body: {
      ...renderDelivery(found),
      url: found.url,
      request: { headers: found.requestHeaders, payload: JSON.parse(found.body) as unknown },
      response: { headers: found.responseHeaders, payload: found.responseBody },
    },
  };
}

const renderDelivery = (delivery: Delivery) => ({
  id: delivery.id,
  guid: delivery.guid,
  delivered_at: delivery.deliveredAt,
  redelivery: delivery.isRedelivery,
  duration: delivery.durationMs / 1_000,
  status: delivery.status,
  status_code: delivery.statusCode,
  event: delivery.event,
  action: delivery.action,
  installation_id: delivery.installationId,
  repository_id: delivery.repositoryId,
  throttled_at: null,
});

function redeliver(call: Call): Answer {
  call.world.redeliver(findDelivery(call));
  return { status: 202, body: {} };
}

function listInstallations(call: Call): Answer {
  const { items, headers } = paginate(call, [...call.world.state.installations.values()]);
  const app = appOf(call);
  return { body: items.map((each) => renderInstallation(each, app, call.world.urls)), headers };
}

export function findInstallation({ world, params }: Call): Installation {
  const found = world.state.installations.get(Number(params['installation_id']));
  if (found === undefined) throw notFound();
  return found;
}

function getInstallation(call: Call): Answer {
  return { body: renderInstallation(findInstallation(call), appOf(call), call.world.urls) };
}

function getInstallationOf(call: Call): Answer {
  const found = installationOf(call.world.state, repositoryOf(call));
  if (found === undefined) throw notFound();
  return { body: renderInstallation(found, appOf(call), call.world.urls) };
}

/** A token of an hour, narrowed to repositories and permissions as the request says. */
function createToken(call: Call): Answer {
  const { world } = call;
  const installation = findInstallation(call);
  if (installation.suspendedAt !== null) throw new Refusal(403, 'This installation has been suspended');
  const chosen = chooseRepositories(call, installation);
  const permissions = narrowPermissions(installation, call.body['permissions'] as Permissions | undefined);
  const token: Token = {
    value: world.token('ghs'),
    expiresAtMs: world.now() + TOKEN_LIFE_MS,
    permissions,
    of: { kind: 'installation', installation },
    repositoryIds: chosen === undefined ? null : new Set(chosen.map(({ id }) => id)),
  };
  world.state.tokens.set(token.value, token);
  return {
    status: 201,
    body: {
      token: token.value,
      expires_at: isoOf(token.expiresAtMs),
      permissions,
      repository_selection: chosen === undefined ? installation.selection : 'selected',
      ...(chosen && { repositories: chosen.map((each) => renderRepository(each, world.urls)) }),
    },
  };
}

function chooseRepositories({ world, body }: Call, installation: Installation): Repository[] | undefined {
  const ids = body['repository_ids'] as number[] | undefined;
  const names = (body['repositories'] as string[] | undefined)?.map((name) => name.toLowerCase());
  if (ids === undefined && names === undefined) return undefined;
  const wanted = [...(ids ?? []), ...(names ?? [])];
  const chosen = wanted.map((each) =>
    repositoriesOf(world.state, installation).find(
      ({ id, name }) => id === each || name.toLowerCase() === each,
    ),
  );
  const found = chosen.filter((each) => each !== undefined);
  if (found.length === wanted.length) return found;
  throw new Refusal(
    422,
    'There is at least one repository that does not exist or is not accessible to the parent installation.',
  );
}

function narrowPermissions({ permissions }: Installation, wanted: Permissions | undefined): Permissions {
  if (wanted === undefined) return permissions;
  const isTooMuch = Object.entries(wanted).some(
    ([name, level]) => permissions[name] !== 'write' && permissions[name] !== level,
  );
  if (isTooMuch) throw new Refusal(422, 'The permissions requested are not granted to this installation.');
  // Whoever may do anything may know that the repository is there.
  return { metadata: 'read', ...wanted };
}

function listRepositories(call: Call): Answer {
  const { installation, token } = installationFrom(call);
  const all = repositoriesOf(call.world.state, installation).filter((each) => tokenHas(token, each));
  const { items, headers } = paginate(call, all);
  return {
    body: {
      total_count: all.length,
      repository_selection: installation.selection,
      repositories: items.map((each) => renderRepository(each, call.world.urls)),
    },
    headers,
  };
}

function revokeToken(call: Call): Answer {
  call.world.state.tokens.delete(installationFrom(call).token.value);
  return { status: 204 };
}

function getRateLimit({ world, caller }: Call): Answer {
  const core = rateOf(world, caller);
  return {
    body: { resources: { core, search: { ...core, limit: 30, remaining: 30, used: 0 } }, rate: core },
  };
}
