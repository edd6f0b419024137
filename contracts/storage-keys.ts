import type { Coding } from './manifest.ts';

/** The only place where storage keys are spelled. No key is ever the folder of another one. */
export function blobKey(projectId: string, sha256: string): string {
  return `${projectPrefix(projectId)}blobs/${sha256.slice(0, 2)}/${sha256}`;
}

export function variantKey(projectId: string, sha256: string, coding: Coding): string {
  return `${blobKey(projectId, sha256)}.${coding}`;
}

export function manifestKey(projectId: string, sha256: string): string {
  return `${manifestPrefix(projectId)}${sha256}.json`;
}

export function manifestPrefix(projectId: string): string {
  return `${projectPrefix(projectId)}manifests/`;
}

/** The SHA-256 in a key that manifestKey made. */
export function manifestOfKey(key: string): string | undefined {
  return /\/manifests\/([0-9a-f]{64})\.json$/.exec(key)?.[1];
}

/** Everything of a project but its pointers: what deleting the project deletes. */
export function projectPrefix(projectId: string): string {
  return `projects/${projectId}/`;
}

export function pointerKey(label: string): string {
  return `aliases/${label}.json`;
}
