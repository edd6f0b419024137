import { isIP } from 'node:net';
import { WEBHOOK_PATH } from '../../domain/github-urls.ts';
import { isPublicAddress } from '../../../network/check-address.ts';

/** Where GitHub sends its webhooks. */
export interface HookPlan {
  readonly url: string;
  /** Whether GitHub can be expected to reach it; the name alone tells, nothing is looked up. */
  readonly isReachable: boolean;
}

/**
 * The channel of WEBHOOK_PROXY_URL where there is one, else OFFSHOOT_URL's own route. A GitHub on this machine or in
 * this network reaches what github.com does not.
 */
export function planHookUrl(appUrl: URL, webUrl: string, webhookProxyUrl: string | undefined): HookPlan {
  if (webhookProxyUrl !== undefined) return { url: webhookProxyUrl, isReachable: true };
  const url = new URL(WEBHOOK_PATH, appUrl).href;
  return { url, isReachable: canReach(placeOfGithub(new URL(webUrl).hostname), placeOf(appUrl.hostname)) };
}

type Place = 'machine' | 'network' | 'public';

function canReach(from: Place, to: Place): boolean {
  return to === 'public' || (to === 'network' ? from !== 'public' : from === 'machine');
}

/** An Enterprise Server is taken to be in the network that Offshoot is in: what else would it be connected to? */
function placeOfGithub(host: string): Place {
  if (host === 'github.com' || host.endsWith('.ghe.com')) return 'public';
  return placeOf(host) === 'machine' ? 'machine' : 'network';
}

/** Names that only this machine or a local network knows; one without a dot is no name of the public Internet. */
function placeOf(host: string): Place {
  const name = host.replaceAll(/^\[|\]$/g, '').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost') || /^(?:127\.|::1$)/.test(name)) return 'machine';
  if (isIP(name) !== 0) return isPublicAddress(name) ? 'public' : 'network';
  const isLocal = !name.includes('.') || /\.(?:local|internal|lan|home\.arpa|test)$/.test(name);
  return isLocal ? 'network' : 'public';
}
