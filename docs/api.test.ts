import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPEN_ROUTES } from '../app/http/guards.ts';
import { fillPart, renderTable } from '../test/support/documents.ts';

const PAGE = path.join(import.meta.dirname, 'api.md');

describe('docs/api.md', () => {
  it('names all that answers strangers, and why (`npx vitest run docs -u` writes it)', async () => {
    const page = await readFile(PAGE, 'utf8');
    const rows = OPEN_ROUTES.map(({ method, path, why }) => [
      `\`${method === '*' ? '' : `${method} `}${path}\``,
      why,
    ]);
    const table = renderTable(['route', 'why it may'], rows);
    await expect(fillPart(page, 'open-routes', table)).toMatchFileSnapshot(PAGE);
  });
});
