/** All that the database keeps sealed, and what each is bound to: it opens in its own row, for its own purpose. */
const CONTEXTS = {
  gitCredentials: (projectId: string) => `projects/${projectId}/git-credentials`,
  webhookUrl: (webhookId: string) => `webhooks/${webhookId}/url`,
  webhookSecret: (webhookId: string) => `webhooks/${webhookId}/secret`,
  /** What was made at /setup: its private key, and what webhooks and sign-in need. */
  githubApp: (appId: string) => `github_app:${appId}`,
  /** By the hash of the session's own secret. */
  githubSession: (tokenHash: string) => `github-sessions/${tokenHash}/user-token`,
  environmentVariable: (id: string) => `environment-variables/${id}/value`,
} as const;

export type SealedKind = keyof typeof CONTEXTS;
export const SEALED_KINDS = Object.keys(CONTEXTS) as SealedKind[];

/** What is authenticated together with a secret of the row with this id. */
export function sealingContext(kind: SealedKind, id: string): string {
  return CONTEXTS[kind](id);
}
