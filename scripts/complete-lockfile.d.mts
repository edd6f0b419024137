export function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } | undefined;
export function missingEntries(lockfile: { packages: Record<string, object> }): Record<string, object>;
