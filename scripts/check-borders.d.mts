export function checkBorders(root: string): Promise<{ read: number; problems: string[] }>;
