import { randomUUID } from 'node:crypto';
import { createFilesystemStore } from '../../storage/filesystem.ts';

/**
 * A process beside the test that uses the same folder store.
 * `increment <root> <times>`: counts an object up with ifMatch. `fill <root>`: replaces an object for ever.
 */
const [, , task, root = '', times = '0'] = process.argv;
const store = await createFilesystemStore({ root, randomId: randomUUID });
const options = { contentType: 'text/plain' };

async function increment(): Promise<void> {
  const found = await store.read('counter');
  if (found === undefined) return;
  const next = Buffer.from(String(Number(found.body.toString()) + 1));
  const result = await store.write('counter', next, { ...options, condition: { ifMatch: found.etag } });
  if (!result.written) await increment();
}

async function fill(): Promise<never> {
  process.stdout.write('ready\n');
  for (let round = 0; ; round += 1) {
    const body = Buffer.alloc(1_000_000, round % 2 === 0 ? 'a' : 'b');
    await store.write('filled', body, options);
    await store.write(`created/${process.pid}-${round}`, body, { ...options, condition: 'create' });
    process.stdout.write('created\n');
  }
}

if (task === 'increment') for (let round = 0; round < Number(times); round += 1) await increment();
if (task === 'fill') await fill();
