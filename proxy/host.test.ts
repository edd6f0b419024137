import { describe, expect, it } from 'vitest';
import { readHost } from './host.ts';

const read = (headers: readonly string[], target = '/') =>
  readHost(
    headers.flatMap((host) => ['Host', host]),
    target,
    'localhost',
  );

describe('the host of a request', () => {
  it.each([
    ['demo.localhost', 'demo'],
    ['demo.localhost:8000', 'demo'],
    ['DEMO.LocalHost:8000', 'demo'],
    ['demo.localhost.', 'demo'],
    ['demo.localhost.:8000', 'demo'],
    ['my-branch--demo.localhost', 'my-branch--demo'],
  ])('%s is the site %s', (host, label) => {
    expect(read([host])).toMatchObject({ kind: 'site', label });
  });

  it.each(['localhost', 'localhost:8000', '127.0.0.1', '127.0.0.1:8000', '[::1]:8000'])(
    '%s is our own',
    (host) => {
      expect(read([host])).toEqual({ kind: 'own' });
    },
  );

  it.each([
    'example.com',
    'evil-localhost',
    'demo.localhost.evil.com',
    'a.b.localhost',
    '10.0.0.1',
    'xlocalhost',
  ])('%s is foreign', (host) => {
    expect(read([host])).toMatchObject({ kind: 'foreign' });
  });

  it.each([
    '',
    ' ',
    'demo.localhost/',
    'demo.localhost:99999999',
    'demo localhost',
    'a,b',
    'user@demo.localhost',
    'ü.localhost',
    '[::1',
    'demo.localhost:',
  ])('%j is malformed', (host) => {
    expect(read([host])).toMatchObject({ kind: 'malformed' });
  });

  it('is malformed when there is none, or more than one, even of the same name', () => {
    expect(read([])).toMatchObject({ kind: 'malformed' });
    expect(read(['demo.localhost', 'demo.localhost'])).toMatchObject({ kind: 'malformed' });
    expect(readHost(['Host', 'a.localhost', 'hOsT', 'b.localhost'], '/', 'localhost').kind).toBe('malformed');
  });

  it('must be the one of a target in absolute form', () => {
    expect(read(['demo.localhost'], 'http://demo.localhost/x')).toMatchObject({
      kind: 'site',
      label: 'demo',
    });
    expect(read(['Demo.localhost'], 'HTTP://demo.LOCALHOST/x')).toMatchObject({
      kind: 'site',
      label: 'demo',
    });
    expect(read(['demo.localhost'], 'http://other.localhost/x')).toMatchObject({ kind: 'malformed' });
    expect(read(['demo.localhost'], 'http://demo.localhost@other.localhost/')).toMatchObject({
      kind: 'malformed',
    });
    expect(read(['demo.localhost'], '*')).toMatchObject({ kind: 'malformed' });
  });

  it('belongs to the domain that is set, whatever its depth', () => {
    expect(readHost(['host', 'a.sites.example.com'], '/', 'sites.example.com')).toMatchObject({ label: 'a' });
    expect(readHost(['host', 'sites.example.com'], '/', 'sites.example.com')).toEqual({ kind: 'own' });
    expect(readHost(['host', 'localhost'], '/', 'sites.example.com')).toEqual({ kind: 'own' });
    expect(readHost(['host', 'a.localhost'], '/', 'sites.example.com').kind).toBe('foreign');
  });
});
