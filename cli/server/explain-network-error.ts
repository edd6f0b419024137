import { CliError, Interrupted } from '../cli-error.ts';
import { EXIT_CODES } from '../exit-codes.ts';

/** Node's and OpenSSL's names for a certificate that can't be trusted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

/**
 * Why there was no answer, in one sentence with what to do. What is no error of the network is handed back: it is a
 * bug, or the person's Ctrl-C.
 */
export function explainNetworkError(error: unknown, url: URL): unknown {
  if (error instanceof CliError || error instanceof Interrupted) return error;
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  const code = isTimeout ? 'TIMEOUT' : codeOf(error);
  if (code === undefined) return error;
  return new CliError('unreachable', sayWhy(code, url), EXIT_CODES.unreachable);
}

function sayWhy(code: string, url: URL): string {
  const at = url.origin;
  if (code === 'ECONNREFUSED') {
    return `Nothing listens at ${at}. Is Offshoot running? Start it with \`npm start\` in its folder, or say with --url where it is.`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `The name ${url.hostname} leads nowhere (${code}). Is ${at} spelt right, and the network there?`;
  if (CERTIFICATE.test(code)) {
    return `The certificate of ${at} can't be trusted (${code}). If it is your own authority's, name that: NODE_EXTRA_CA_CERTS=/path/to/ca.pem, or NODE_USE_SYSTEM_CA=1.`;
  }
  if (/SSL|TLS|EPROTO/.test(code))
    return `${at} does not speak TLS (${code}): is it http:// in place of https://?`;
  if (code === 'TIMEOUT' || code.endsWith('TIMEOUT') || code === 'ETIMEDOUT')
    return `${at} did not answer in time. Is the network up, and Offshoot running there?`;
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE')
    return `${at} closed the connection. If Offshoot is being restarted there, try again in a moment.`;
  return `${at} can't be reached (${code}).`;
}

/** fetch hides the cause; a name with several addresses hides it once more. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') return code;
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  for (const each of inner) {
    const found = codeOf(each);
    if (found !== undefined) return found;
  }
  // What fetch says of a body that broke off.
  return error instanceof TypeError && error.message === 'terminated' ? 'ECONNRESET' : undefined;
}
