import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine: CHROMIUM, or where Debian and others put it. Undefined when there is none. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM'], ...PLACES].find((place) => place !== undefined && isExecutable(place));
}

/**
 * Whether tests in a browser are left out on this machine; says why, once a file. In CI there is no leaving out:
 * it installs the browser itself, so that a missing one is a mistake.
 */
export function skipsBrowserTests(): boolean {
  if (findChromium() !== undefined || process.env['CI'] === 'true') return false;
  process.stdout.write(
    'Tests in a browser are skipped: no Chromium was found (apt-get install chromium, or set CHROMIUM to its path).\n',
  );
  return true;
}

/** It is root's in CI, where Chromium's own sandbox does not start; machines without a GPU only pretend to have one. */
const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-gpu-rasterization'];

export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium was found: apt-get install chromium');
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
