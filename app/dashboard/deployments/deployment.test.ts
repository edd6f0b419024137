import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAILURE_REASONS } from '../../../contracts/phases.ts';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import {
  type DeploymentStates,
  openDeploymentStates,
  phasesFrom,
} from '../../../test/support/deployment-states.ts';
import { Visitor } from '../../../test/support/visitor.ts';
import { findDeployment, type NewDeployment } from '../../db/deployments.ts';
import { projects } from '../../db/schema.ts';
import { FAILURE_EXPLANATIONS } from '../../domain/explain-failure.ts';

let room: ApiRoom;
let visitor: Visitor;
let states: DeploymentStates;
/** What the page says: its text as people read it. */
async function read(id: string, query = ''): Promise<string> {
  const { status, body } = await visitor.get(`/deployments/${id}${query}`);
  expect(status).toBe(200);
  return body;
}
const textOf = (page: string) =>
  page
    .replaceAll(/<\/?(code|strong)>/g, '')
    .replaceAll(/<(script|style|head|noscript)[\s\S]*?<\/\1>|<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll(' ,', ',')
    .replaceAll(' .', '.');
const readText = async (id: string, query = '') => textOf(await read(id, query));
/** The buttons that ask something, not those inside of questions. */
const buttonsOf = (page: string) =>
  [
    ...page.matchAll(
      /<button type="button" class="[a-z]*" popovertarget="ask-[a-z-]+" id="[a-z-]+">\s*([^<]+?)\s*</g,
    ),
  ].map(([, words]) => words);

const OPEN: Partial<NewDeployment> = {
  finishedAt: null,
  manifest: null,
  fileCount: null,
  outputBytes: null,
  framework: null,
};
const UNSTARTED: Partial<NewDeployment> = {
  ...OPEN,
  startedAt: null,
  phases: [],
  commitSubject: null,
  commitAuthor: null,
};

beforeAll(async () => {
  room = await openApiRoom();
  visitor = await new Visitor(room.server).signIn();
});
afterAll(() => room.dispose());
const fresh = async (changes = {}) => {
  states = await openDeploymentStates(room, room.clock.now - 3_600_000, changes);
};
beforeAll(() => fresh());

describe('the page of a deployment', () => {
  it.each<[string, Partial<NewDeployment>, string, RegExp, string[]]>([
    ['queued', { ...UNSTARTED, status: 'queued' }, 'Queued', /It starts in a moment/, ['Cancel']],
    ['starting', { ...UNSTARTED, status: 'launching' }, 'Starting', /A builder is starting/, ['Cancel']],
    ['building', { ...OPEN, status: 'building' }, 'Building', /The build runs/, ['Cancel']],
    [
      'canceling',
      { ...OPEN, status: 'building', cancelRequestedAt: new Date(0) },
      'Building',
      /It is being canceled/,
      [],
    ],
    [
      'publishing',
      { ...OPEN, status: 'building', manifest: 'f'.repeat(64) },
      'Building',
      /The output is complete/,
      [],
    ],
    ['canceled', { ...OPEN, status: 'canceled' }, 'Canceled', /It was canceled before/, ['Redeploy', 'Pin']],
    [
      'superseded',
      { ...UNSTARTED, status: 'superseded' },
      'Superseded',
      /A newer deployment/,
      ['Redeploy', 'Pin'],
    ],
    [
      'blocked',
      { ...UNSTARTED, status: 'blocked' },
      'Needs approval',
      /comes from a fork/,
      ['Approve this commit', 'Cancel'],
    ],
    ['skipped', { ...UNSTARTED, status: 'skipped' }, 'Skipped', /Nothing was built/, ['Redeploy', 'Pin']],
    [
      'ready',
      { manifest: 'f'.repeat(64) },
      'Ready',
      /production shows nothing yet/,
      ['Promote to production', 'Redeploy', 'Pin'],
    ],
    [
      'pinned and uploaded',
      { manifest: 'f'.repeat(64), pinned: true, source: 'upload', commit: null },
      'Ready',
      /Uploaded folder/,
      ['Promote to production', 'Unpin'],
    ],
  ])(
    'says of one that is %s what that means, and offers what is possible',
    async (_name, changes, badge, says, buttons) => {
      await fresh();
      const { id } = await states.make(changes);
      const page = await read(id);
      expect(page).toMatch(new RegExp(`<title>${badge}: `));
      expect(page).toMatch(new RegExp(`<span class="badge [a-z]+">${badge}</span>`));
      expect(textOf(page)).toMatch(says);
      expect(buttonsOf(page)).toEqual(buttons);
    },
  );

  it('says what GitHub has refused for good, and why', async () => {
    await fresh();
    const { id } = await states.make({
      reportProblem: 'GitHub answered 422: no more statuses',
      githubDeploymentProblem: 'GitHub answered 403: archived',
    });
    const text = await readText(id);
    expect(text).toContain('Commit status not told: GitHub answered 422: no more statuses');
    expect(text).toContain('GitHub deployment not told: GitHub answered 403: archived');
    expect(text).not.toContain('Pull request comment');
  });

  it.each(FAILURE_REASONS)(
    'says why one failed (%s), in its own words and in ours, and what to do',
    async (reason) => {
      const { id } = await states.make({
        ...OPEN,
        status: 'failed',
        reason,
        message: 'It said <no> & left.',
      });
      const page = await read(id);
      const { title, means, cures } = FAILURE_EXPLANATIONS[reason];
      expect(page).toContain('It said &lt;no&gt; &amp; left.');
      for (const text of [title, means, ...cures]) expect(textOf(page)).toContain(text);
      expect(page).toContain(`<code>${reason}</code>`);
      expect(buttonsOf(page)).toEqual(['Redeploy', 'Pin']);
    },
  );

  it('tells what is known: commit, people, branch, attempts, times', async () => {
    const { id, commit } = await states.make({
      ...(await states.output({ 'index.html': 1 })),
      requestedBy: { kind: 'deploy-hook', name: 'CMS & co' },
      ref: 'feature/x',
      environment: 'preview',
    });
    await states.attempt({ ...(await findDeployment(room.db, id))! }, 1, 'lost');
    await states.attempt({ ...(await findDeployment(room.db, id))! }, 2, 'published');
    const page = await read(id);
    const text = textOf(page);
    expect(page).toContain(`href="https://github.com/acme/shop/commit/${commit}"`);
    for (const words of [
      'Show prices with taxes',
      `${commit?.slice(0, 7)} by Ada Lovelace`,
      'by the deploy hook “CMS &amp; co”',
      'Branch feature/x',
      'Preview',
      'vite',
      '2: lost, then published',
      'Build 32.9 s',
    ])
      expect(text).toContain(words);
  });

  it('times each step, and lets the one that runs tick', async () => {
    const now = room.clock.now;
    const { id } = await states.make({
      ...OPEN,
      status: 'building',
      createdAt: new Date(now - 20_000),
      startedAt: new Date(now - 15_000),
      phases: phasesFrom(now - 15_000, 1.2, null),
    });
    const page = await read(id);
    expect(textOf(page)).toMatch(
      /Queue done 5\.0 s Checkout done 1\.2 s Install running 13\.8 s Build to come Publish to come/,
    );
    expect(page).toContain(`data-running-since="${now - 13_800}"`);
  });

  it('keeps asking while the deployment goes on, and listens once it has ended', async () => {
    const going = await states.make({ ...OPEN, status: 'building' });
    const over = await states.make();
    const pages = [await read(going.id), await read(over.id)];
    expect(pages.map((page) => /data-live-by="(\w+)"/.exec(page)?.[1])).toEqual(['asking', 'events']);
    expect(pages.map((page) => page.includes('Load it again'))).toEqual([true, false]);
  });

  it('is not there for ids of nothing, nor of a project that is being deleted', async () => {
    const { id } = await states.make();
    await room.db
      .update(projects)
      .set({ deletedAt: new Date(0) })
      .where(eq(projects.id, states.project.id));
    for (const wrong of [id, 'x'.repeat(20), 'UPPER', '%00', 'a'.repeat(3000)]) {
      const { status, body } = await visitor.get(`/deployments/${wrong}`);
      expect([wrong, status]).toEqual([wrong, 404]);
      expect(body).toContain('There is no deployment');
    }
    await fresh();
  });
});

describe('addresses', () => {
  it('say what production serves: this deployment', async () => {
    await fresh();
    const deployment = await states.make();
    await states.point(deployment, ['deployment', 'branch', 'production']);
    const page = await read(deployment.id);
    expect(textOf(page)).toContain('This is what production shows now.');
    expect(page).toMatch(
      new RegExp(`class="address">\\s*<a href="http://${states.project.slug}.localhost:8000">`),
    );
    expect(page.match(/Shows this deployment/g)).toHaveLength(3);
  });

  it('say what production serves: another one, and where this one is', async () => {
    await fresh();
    const [old, current] = [await states.make(), await states.make({ commitSubject: 'The newer one' })];
    await states.point(old, ['deployment']);
    await states.point(current, ['deployment', 'branch', 'production']);
    const page = await read(old.id);
    const own = `${old.id}--${states.project.slug}.localhost:8000`;
    expect(page).toMatch(new RegExp(`class="address">\\s*<a href="http://${own}">`));
    expect(page.match(/Shows this deployment/g)).toHaveLength(1);
    expect(textOf(page)).toContain(`Production ${states.project.slug}.localhost:8000 Shows The newer one`);
    expect(page).toContain(`<a href="/deployments/${current.id}">The newer one</a>`);
  });

  it('say of a preview that it does not move production', async () => {
    await fresh();
    const preview = await states.make({ environment: 'preview', ref: 'next' });
    await states.point(preview, ['deployment', 'branch']);
    expect(await readText(preview.id)).toMatch(
      /Production \S+ Nothing is served\. Previews do not move it\./,
    );
  });

  it('say of what is not ready where it will be', async () => {
    await fresh();
    const first = await states.make({ ...UNSTARTED, status: 'queued' });
    await states.point(first, ['deployment', 'branch', 'production'], 'waiting');
    const text = await readText(first.id);
    expect(text).toContain(`${states.project.slug}.localhost:8000 It will be shown here once it is ready.`);
    expect(text.match(/Waits for this deployment\./g)).toHaveLength(3);
  });
});

describe('the place in the queue', () => {
  it('counts what starts before', async () => {
    await fresh();
    const queued: Partial<NewDeployment> = { ...UNSTARTED, status: 'queued' };
    const rows = [await states.make(queued), await states.make(queued), await states.make(queued)];
    expect(await readText(rows[2]?.id ?? '')).toMatch(/\d+ deployments will start before it/);
  });

  it('is told with why nothing starts', async () => {
    const { id } = await states.make({ ...UNSTARTED, status: 'queued', message: 'The disk is 97 % full.' });
    expect(await readText(id)).toContain('The disk is 97 % full.');
  });
});

describe('the output', () => {
  it('tells the largest files, and what is other than before on the same branch', async () => {
    await fresh();
    const before = await states.make({
      ...(await states.output({ 'index.html': 1000, 'old.js': 5000, 'same.css': 10 })),
      commitSubject: 'The one before',
    });
    await states.make({ ...(await states.output({ 'x.html': 1 })), ref: 'other', environment: 'preview' });
    const after = await states.make(
      await states.output({ 'index.html': ['new', 1500], 'new.js': 7000, 'same.css': 10 }),
    );
    const text = await readText(after.id);
    expect(text).toContain('3 files, 8.5 KB');
    expect(text).toContain('1 added, 1 changed, 1 removed (+2.5 KB) against The one before');
    expect(text).toContain('added new.js +7 KB removed old.js −5 KB changed index.html +500 bytes');
    expect(text).toContain('new.js 7 KB index.html 1.5 KB same.css 10 bytes');
    expect(await readText(before.id)).toContain('This is the first output of main');
  });

  it('says that nothing changed', async () => {
    await fresh();
    const output = await states.output({ 'index.html': 1000 });
    const [, again] = [await states.make(output), await states.make(output)];
    expect(await readText(again.id)).toContain('Nothing: all files are those of Show prices with taxes');
  });

  it('leaves the rest of the page whole when storage has no manifest', async () => {
    const { id } = await states.make({ manifest: 'e'.repeat(64), fileCount: 3, outputBytes: 9 });
    expect(await readText(id)).toContain('Storage can’t be read at the moment');
  });

  it('is the same page whoever asks: a version changes with what is shown, and not by itself', async () => {
    const { id } = await states.make(await states.output({ 'index.html': 1000 }));
    const versionOf = (page: string) => /data-live="[^"]*version=([\w-]+)/.exec(page)?.[1];
    const [first, second] = [versionOf(await read(id)), versionOf(await read(id))];
    expect([first, second]).toEqual([expect.any(String), first]);
    await visitor.post(`/deployments/${id}/pin`);
    expect(versionOf(await read(id))).not.toBe(first);
  });
});

describe('the list of files', () => {
  const many = Object.fromEntries(
    Array.from({ length: 450 }, (_, index) => [`f/${1000 + index}.txt`, index + 1]),
  );

  it('comes in pages, which hold each file once', async () => {
    await fresh();
    const { id } = await states.make(await states.output(many));
    const seen: string[] = [];
    let path: string | undefined = `/deployments/${id}/files`;
    while (path !== undefined) {
      const { body }: { body: string } = await visitor.get(path);
      seen.push(...[...body.matchAll(/>(f\/\d+\.txt)<\/a>/g)].map(([, name]) => name ?? ''));
      path = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(seen).toEqual(Object.keys(many));
    const last = await visitor.get(`/deployments/${id}/files?page=999999`);
    expect(textOf(last.body)).toContain('401 to 450 of 450 files');
  });

  it('finds by a part of a path, whatever it is, and says when nothing fits', async () => {
    const { id } = await states.make(await states.output({ ...many, 'a<b>&.html': 7 }));
    const found = async (query: string) =>
      textOf((await visitor.get(`/deployments/${id}/files?q=${encodeURIComponent(query)}`)).body);
    expect(await found('F/144')).toContain('10 files');
    expect(await found('<B>&')).toContain('1 file');
    expect(await found('"nope')).toContain('No path has “"nope” in it.');
  });

  it('leads to each file at the deployment’s own address, with its name in the spelling of URLs', async () => {
    const { id } = await states.make(await states.output({ 'a b/ü#?.html': 7 }));
    const { body } = await visitor.get(`/deployments/${id}/files`);
    expect(body).toContain(
      `href="http://${id}--${states.project.slug}.localhost:8000/a%20b/%C3%BC%23%3F.html"`,
    );
  });

  it('shows all changes, and says when there is nothing', async () => {
    await fresh();
    await states.make(await states.output(many));
    const { id } = await states.make(await states.output({ 'f/1000.txt': 1 }));
    const changes = await visitor.get(`/deployments/${id}/files?show=changes&page=3`);
    expect(textOf(changes.body)).toContain('401 to 449 of 449 changes');
    const failed = await states.make({ ...OPEN, status: 'failed', reason: 'build_failed' });
    expect(textOf((await visitor.get(`/deployments/${failed.id}/files`)).body)).toContain(
      'has published nothing',
    );
    expect((await visitor.get(`/deployments/${'x'.repeat(20)}/files`)).status).toBe(404);
  });
});

describe('texts of strangers', () => {
  const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`;

  it('stay texts: subject, author, branch, message, hook, files', async () => {
    await fresh({ name: evil });
    const before = await states.make({
      ...(await states.output({ [`old${evil}`]: 1 })),
      ref: evil,
      environment: 'preview',
    });
    const { id } = await states.make({
      ...(await states.output({ [evil]: 100 })),
      environment: 'preview',
      ref: evil,
      commitSubject: evil,
      commitAuthor: evil,
      framework: evil,
      requestedBy: { kind: 'deploy-hook', name: evil },
    });
    await states.point(before, ['deployment', 'branch', 'production']);
    const failed = await states.make({
      ...OPEN,
      status: 'failed',
      reason: 'build_failed',
      message: evil,
      ref: evil,
    });
    const paths = [
      `/deployments/${id}`,
      `/deployments/${failed.id}`,
      `/deployments/${id}/files`,
      `/deployments/${id}/files?show=changes`,
      `/deployments/${id}/files?q=${encodeURIComponent(evil)}`,
      `/deployments/${id}?notice=${encodeURIComponent(evil)}`,
    ];
    for (const path of paths) {
      const { body } = await visitor.get(path);
      expect(body).not.toMatch(/<script>alert|<img|onerror=alert\(1\)>(?!&)/);
      expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    }
  });

  it('that are addresses of notices say nothing', async () => {
    const { id } = await states.make();
    for (const notice of ['constructor', '__proto__', 'toString', 'nope'])
      expect(await read(id, `?notice=${notice}`)).not.toContain('class="notice');
  });
});
