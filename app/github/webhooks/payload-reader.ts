import { setTimeout as sleep } from 'node:timers/promises';

export interface PayloadBounds {
  /** Of one payload. */
  readonly maxBytes: number;
  /** Of all payloads that are being read or decided about. */
  readonly maxBytesAtOnce: number;
  /** Until all of a payload is here. */
  readonly timeoutMs: number;
}

export type ReadPayload =
  /** Its bytes count until it is released. */
  | { readonly outcome: 'read'; readonly bytes: Uint8Array; readonly release: () => void }
  | { readonly outcome: 'too_large' | 'too_slow' | 'busy' };

/**
 * Reads bodies of which nobody knows yet whether GitHub has sent them: a stranger may send what is as large and as slow
 * as he likes, on any number of connections, and must not fill the memory with it.
 */
export function createPayloadReader(bounds: PayloadBounds): (request: Request) => Promise<ReadPayload> {
  let bytesAtOnce = 0;
  return async (request) => {
    let taken = 0;
    const take = (bytes: number): 'too_large' | 'busy' | undefined => {
      taken += bytes;
      bytesAtOnce += bytes;
      if (taken > bounds.maxBytes) return 'too_large';
      return bytesAtOnce > bounds.maxBytesAtOnce ? 'busy' : undefined;
    };
    const release = () => {
      bytesAtOnce -= taken;
      taken = 0;
    };
    const announced = Number(request.headers.get('content-length') ?? 0);
    if (announced > bounds.maxBytes) return { outcome: 'too_large' };
    const bytes = await readWithin(request.body, bounds.timeoutMs, take).catch((error: unknown) => {
      release();
      throw error;
    });
    if (typeof bytes !== 'string') return { outcome: 'read', bytes, release };
    release();
    return { outcome: bytes };
  };
}

type Refusal = Exclude<ReadPayload['outcome'], 'read'>;

async function readWithin(
  body: ReadableStream<Uint8Array> | null,
  timeoutMs: number,
  take: (bytes: number) => Refusal | undefined,
): Promise<Uint8Array | Refusal> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const stopping = new AbortController();
  const late = sleep(timeoutMs, 'too_slow' as const, { signal: stopping.signal, ref: false });
  late.catch(() => {});
  try {
    const read = await Promise.race([readAll(reader, take), late]);
    if (typeof read === 'string') void reader.cancel().catch(() => {});
    return read;
  } finally {
    stopping.abort();
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  take: (bytes: number) => Refusal | undefined,
): Promise<Uint8Array | Refusal> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    const refusal = take(value.byteLength);
    if (refusal !== undefined) return refusal;
    chunks.push(value);
  }
}
