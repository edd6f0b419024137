import { CODINGS, type Coding, type Variants } from '../contracts/manifest.ts';

/**
 * The coding that a client likes best among those that are stored (RFC 9110, 12.5.3); at equal weight the first of
 * CODINGS, which is the smallest. Null means identity: also when the client refuses it, since an answer in no
 * coding is what the RFC recommends when none is acceptable.
 */
export function negotiateCoding(acceptEncoding: string | undefined, variants: Variants): Coding | null {
  if (acceptEncoding === undefined || acceptEncoding === '') return null;
  const weights = parseWeights(acceptEncoding);
  const rest = weights.get('*') ?? 0;
  const identity = weights.get('identity') ?? (weights.has('*') && rest === 0 ? 0 : undefined);
  let [best, bestWeight]: [Coding | null, number] = [null, 0];
  for (const coding of CODINGS) {
    const weight = weights.get(coding) ?? (coding === 'gzip' ? weights.get('x-gzip') : undefined) ?? rest;
    if (variants[coding] !== undefined && weight > bestWeight) [best, bestWeight] = [coding, weight];
  }
  return identity !== undefined && identity > bestWeight ? null : best;
}

/** Names in lower case; a weight that is malformed counts as 0: what can't be read is not asked for. */
function parseWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
    if (name !== '' && !weights.has(name)) weights.set(name, parseWeight(parameters));
  }
  return weights;
}

function parseWeight(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  if (weight === undefined) return 1;
  return /^q=(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight.slice(2)) : 0;
}
