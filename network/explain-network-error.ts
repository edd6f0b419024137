/** Why a host could not be asked, as a sentence for people. `what` is what they would mend: "Git URL". */
export function explainNetworkError(error: unknown, host: string, what: string): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `The host ${host} was not found: check the ${what}.`;
  const isCertificate = /CERT|SIGNATURE|SSL|TLS/.test(code);
  if (isCertificate) return `The TLS certificate of ${host} is not trusted (${code}).`;
  return `${host} can't be reached (${code || 'no reason given'}): check the ${what} or ask again later.`;
}
