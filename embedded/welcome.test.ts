import { styleText } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderWelcome, type WelcomeFacts } from './welcome.ts';

const FACTS: WelcomeFacts = {
  config: {
    appUrl: 'http://localhost:9000',
    domain: 'http://localhost:8000',
    dataFolder: '/home/ada/offshoot/.offshoot',
    token: undefined,
  },
  tookMs: 2345,
  loginLink: 'http://localhost:9000/login/abc',
  tokenFile: '/home/ada/offshoot/.offshoot/token',
  databaseElsewhere: undefined,
  sandbox: { isSetUp: true, text: 'bubblewrap' },
};

function welcome(facts: Partial<WelcomeFacts> = {}): string[] {
  return renderWelcome({ ...FACTS, ...facts }, (_, text) => text).split('\n');
}

describe('the welcome', () => {
  it('says in one aligned line each where to go, where the data is and what is not set up', () => {
    expect(welcome()).toEqual([
      'Offshoot is ready (2.3 s). Ctrl-C stops it.',
      '',
      '  Dashboard:   http://localhost:9000',
      '  Sign in:     http://localhost:9000/login/abc (opens once, within 15 minutes)',
      '  Sites:       http://<project>.localhost:8000',
      '  Data:        /home/ada/offshoot/.offshoot',
      '  Token:       in /home/ada/offshoot/.offshoot/token',
      '  Sandbox:     bubblewrap',
      '  GitHub:      http://localhost:9000/setup (push, and it is deployed)',
      '',
    ]);
  });

  it('without a link names the page that asks for the token', () => {
    expect(welcome({ loginLink: undefined })).toContain(
      '  Sign in:     http://localhost:9000/login (with the token)',
    );
  });

  it('says nothing of a file when the person gave the token', () => {
    const lines = welcome({ config: { ...FACTS.config, token: 'secret' } });
    expect(lines.join('\n')).not.toMatch(/Token|secret/);
  });

  it('names the database that stands outside the data folder', () => {
    expect(welcome({ databaseElsewhere: '/var/lib/offshoot/1' })).toContain(
      "  Database:    /var/lib/offshoot/1 (others can't enter the data folder)",
    );
  });

  it('paints what is missing, and nothing else differs in a terminal', () => {
    const sandbox = { isSetUp: false, text: 'none' };
    const painted = renderWelcome({ ...FACTS, sandbox }, (format, text) =>
      styleText(format, text, { validateStream: false }),
    );
    expect(painted).toContain(styleText('yellow', 'none', { validateStream: false }));
    // oxlint-disable-next-line no-control-regex
    expect(painted.replaceAll(/\u001b\[\d+m/g, '').split('\n')).toEqual(welcome({ sandbox }));
  });
});
