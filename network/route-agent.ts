import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Route } from './plan-route.ts';
import { trustedAuthorities } from './trusted-authorities.ts';

/** An agent that connects to nothing but the checked addresses of a route, or to its proxy. */
export function routeAgent(
  url: URL,
  { addresses, proxy }: Route,
  environment: Readonly<Record<string, string>>,
): http.Agent {
  const way =
    proxy === undefined
      ? { lookup: lookupPinned(addresses) }
      : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
  const isTls = url.protocol === 'https:';
  return isTls ? new https.Agent({ ...way, ca: trustedAuthorities(environment) }) : new http.Agent(way);
}

function lookupPinned(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, { all }, done) => {
    if (all === true) done(null, found);
    else done(null, found[0]?.address ?? '', found[0]?.family);
  };
}
