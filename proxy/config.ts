import { z } from 'zod';
import { integer, parseSettings, setting, siteDomain, text, type Values } from '../contracts/settings.ts';

/** Every setting of the proxy. docs/configuration.md is tested against this table. */
export const SETTINGS = {
  host: setting('HOST', '127.0.0.1', text, 'The address on which the proxy listens.'),
  port: setting('PROXY_PORT', 8000, integer(0, 65_535), 'The port on which the proxy listens.'),
  domain: setting(
    'OFFSHOOT_DOMAIN',
    'http://localhost:8000',
    siteDomain,
    'Under which domain sites are served: `[scheme://]host[:port]`.',
  ),
  dataFolder: setting('OFFSHOOT_DATA', '.offshoot', text, 'The folder whose `storage` holds the sites.'),
  logLevel: setting(
    'OFFSHOOT_LOG_LEVEL',
    'info',
    z.enum(['debug', 'info', 'warn', 'error'], 'debug, info, warn or error is expected'),
    'How much the proxy says on its standard output.',
  ),
} as const;

export type Config = Values<typeof SETTINGS>;

/** Reads the proxy's settings. Throws ConfigError. Names that it does not know are the app's to report. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const own = Object.values(SETTINGS).map(({ name }) => [name, env[name]]);
  return parseSettings(SETTINGS, Object.fromEntries(own) as Record<string, string | undefined>, []);
}
