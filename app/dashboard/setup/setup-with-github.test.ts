import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRoom, openApiRoom } from '../../../test/support/api-room.ts';
import { type GitHub, startGitHub } from '../../../test/support/github/github.ts';
import { Visitor } from '../../../test/support/visitor.ts';

let github: GitHub;
let room: ApiRoom;
let visitor: Visitor;
beforeAll(async () => {
  github = await startGitHub({ app: null, isEnterprise: true });
  room = await openApiRoom({ githubApiUrl: `${github.webUrl}/api/v3` });
  visitor = await new Visitor(room.server).signIn();
});
afterAll(async () => {
  await room.dispose();
  await github.close();
});

const unescape = (text: string) =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

type Field = [name: string, value: string];

/** What the form of a page sends, and where. */
function formOf(page: string, within: RegExp): { readonly action: string; readonly fields: URLSearchParams } {
  const form = within.exec(page)?.[0] ?? '';
  const action = /action="([^"]*)"/.exec(form)?.[1] ?? '';
  const fields = [...form.matchAll(/name="(\w+)"\s+value="([^"]*)"/g)];
  return {
    action: unescape(action),
    fields: new URLSearchParams(fields.map(([, name = '', value = '']): Field => [name, unescape(value)])),
  };
}

const post = (url: string, body: URLSearchParams) => fetch(url, { method: 'POST', body, redirect: 'manual' });

describe('with a GitHub', () => {
  it('the App of our manifest is taken, made, kept, known by its key, and ready to be installed', async () => {
    const page = await visitor.get('/setup');
    const ours = formOf(page.body, /<form method="post" action="[^"]*apps\/new[^]*?<\/form>/);
    const confirm = await post(ours.action, ours.fields);
    expect(confirm.status).toBe(200);
    const theirs = formOf(await confirm.text(), /<form[^]*?<\/form>/);
    const made = await post(new URL(theirs.action, github.webUrl).href, theirs.fields);
    const back = new URL(made.headers.get('location') ?? '');
    expect(back.origin + back.pathname).toBe('http://deploy.example.com/setup/github');

    const done = await visitor.get(back.pathname + back.search);
    expect(done.status).toBe(303);
    expect((await fetch(String(done.headers['location']))).status).toBe(200);

    const after = await visitor.get('/setup');
    expect(after.body).toContain('GitHub knows it, and takes its key');
    const connection = await room.dependencies.github.read();
    expect(connection).toMatchObject({
      state: 'ready',
      app: {
        appId: github.app.id,
        webhookSecret: github.app.webhookSecret,
        oauth: { clientId: github.app.clientId, clientSecret: github.app.clientSecret },
      },
    });
    expect(github.app).toMatchObject({
      hookUrl: 'http://deploy.example.com/api/github/webhooks',
      setupUrl: 'http://deploy.example.com/setup',
      callbackUrls: ['http://deploy.example.com/login/github/callback'],
      events: ['push', 'pull_request', 'repository', 'issue_comment', 'check_run'],
    });
    expect(github.violations).toEqual([]);
  });

  it('people sign in through the App that was made so, with nothing else set', async () => {
    github.signIn('ada');
    const person = new Visitor(room.server);
    expect((await person.get('/login')).body).toContain('href="/login/github"');
    const begun = await person.get('/login/github');
    const led = await fetch(String(begun.headers['location']), { redirect: 'manual' });
    const back = new URL(led.headers.get('location') ?? '');
    const done = await person.get(back.pathname + back.search);
    expect([back.origin, done.status, done.headers['location']]).toEqual([
      'http://deploy.example.com',
      303,
      '/',
    ]);
    expect((await person.get('/')).body).toContain('<bdi>ada</bdi>');
    expect((await person.get('/setup')).status).toBe(403);
    expect(github.violations).toEqual([]);
  });
});
