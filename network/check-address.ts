import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Public addresses that mean the machine's own cloud: Azure's WireServer hands out credentials. */
const OWN_CLOUD = new Set(['168.63.129.16']);

/**
 * Is this a public unicast address? Loopback, link-local, private, shared (CGNAT), multicast, unspecified and
 * reserved ones are not, nor is any IPv6 form that stands for such an IPv4 address.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false;
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv4') return address.range() === 'unicast' && !OWN_CLOUD.has(address.toString());
  const embedded = embeddedIPv4(address.range(), address.toByteArray());
  return embedded === undefined ? address.range() === 'unicast' : isPublicAddress(embedded);
}

/** The IPv4 address that an IPv6 one stands for: mapped, behind the well-known NAT64 prefix, or 6to4. */
function embeddedIPv4(range: string, bytes: readonly number[]): string | undefined {
  if (range === 'ipv4Mapped' || range === 'rfc6145') return bytes.slice(12).join('.');
  if (range === 'rfc6052' && bytes.slice(4, 12).every((byte) => byte === 0)) return bytes.slice(12).join('.');
  if (range === '6to4') return bytes.slice(2, 6).join('.');
  return undefined;
}
