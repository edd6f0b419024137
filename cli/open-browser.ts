import type { System } from './system.ts';

/**
 * Opens an address in the person's browser. False where there is none: over SSH, in a container, or when nobody looks
 * at what we say.
 */
export async function openBrowser(url: string, system: System): Promise<boolean> {
  if (system.output.isTTY !== true) return false;
  for (const [command = '', ...args] of planBrowsers(system)) {
    if (await system.startProgram(command, [...args, url])) return true;
  }
  return false;
}

/** The programs to try in turn. An address is always an argument of its own: no shell reads it. */
export function planBrowsers({ env, platform }: Pick<System, 'env' | 'platform'>): string[][] {
  const named = env['BROWSER']?.trim() ?? '';
  if (named !== '') return [named.split(/\s+/)];
  if (platform === 'darwin') return [['open']];
  // Windows' own browser, from its Linux.
  if ((env['WSL_DISTRO_NAME'] ?? '') !== '') return [['wslview'], ['xdg-open']];
  const hasScreen = (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== '';
  return hasScreen ? [['xdg-open']] : [];
}
