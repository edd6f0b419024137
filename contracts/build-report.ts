import { z } from 'zod';
import { sha256Schema } from './ids.ts';
import { codingSchema, manifestSchema, variantsSchema } from './manifest.ts';
import { failureReasonSchema, phaseSchema, phaseTimingSchema } from './phases.ts';

/**
 * The builder protocol: JSON over HTTP to the app, `Authorization: Bearer <attempt token>`. The app answers
 * errors as problem documents; 401 and 410 mean that the attempt is over and the builder must stop.
 */
export const BUILDER_PATHS = {
  claim: '/api/builder/claim',
  heartbeat: '/api/builder/heartbeat',
  logs: '/api/builder/logs',
  blobs: '/api/builder/blobs',
  uploads: '/api/builder/uploads',
  complete: '/api/builder/complete',
  /** Target of presigned PUTs when blobs live in a folder: the app's own, signed as S3's are. */
  folderUpload: '/api/storage/',
} as const;

/**
 * The environment of a builder process: all that a launcher hands it, besides BUILDER_PASSTHROUGH. `workFolder`
 * is this attempt's own and exists; the launcher removes it afterwards. `uid` is there only when the builder
 * runs as root: user commands run under it, and no other build of this machine has it.
 */
export const BUILDER_ENVIRONMENT = {
  appUrl: 'OFFSHOOT_APP_URL',
  token: 'OFFSHOOT_BUILD_TOKEN',
  workFolder: 'OFFSHOOT_WORK_FOLDER',
  toolchainFolder: 'OFFSHOOT_TOOLCHAIN_FOLDER',
  cacheFolder: 'OFFSHOOT_CACHE_FOLDER',
  slot: 'OFFSHOOT_BUILD_SLOT',
  uid: 'OFFSHOOT_BUILD_UID',
} as const;

/** The operator's variables that a builder needs as well: how programs are found, and how the network is reached. */
export const BUILDER_PASSTHROUGH = [
  'PATH',
  'LANG',
  'TZ',
  'TMPDIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'NODE_COMPILE_CACHE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_ENV_PROXY',
  'NODE_USE_SYSTEM_CA',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'npm_config_registry',
  'npm_config_cafile',
  'npm_config_proxy',
  'npm_config_https_proxy',
  'npm_config_noproxy',
  'NPM_CONFIG_REGISTRY',
  'NPM_CONFIG_CAFILE',
  'YARN_NPM_REGISTRY_SERVER',
] as const;

/**
 * Every request after the claim carries the claim's nonce in this header: the token alone, which a launcher's
 * environment shows to others, is worth nothing once a builder has claimed.
 */
export const NONCE_HEADER = 'offshoot-nonce';

/** claim → BuildSpec. The same nonce gets the same answer again (a lost reply); another one 409. */
export const claimSchema = z.object({ nonce: z.string().min(16).max(128) });

const MAX_SUBJECT_LENGTH = 500;
const MAX_AUTHOR_LENGTH = 200;
/**
 * One line of somebody's text, cut to its bound. Control characters would break a line or a terminal (and PostgreSQL
 * knows no NUL); those that turn the direction of writing make a page say another thing than the text.
 */
const oneLine = (maxLength: number) =>
  z.string().transform((text) =>
    text
      .slice(0, maxLength)
      .replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
      .trim()
      .toWellFormed(),
  );

/** What people know a commit by: the first line of its message, and its author. */
export const commitWordsSchema = z.object({
  subject: oneLine(MAX_SUBJECT_LENGTH),
  author: oneLine(MAX_AUTHOR_LENGTH),
});
export type CommitWords = z.infer<typeof commitWordsSchema>;

/** What each report says of the attempt; `commit` is missing until it is checked out. */
const progress = {
  phases: z.array(phaseTimingSchema).max(4),
  lastSeq: z.number().int().nonnegative(),
  commit: commitWordsSchema.optional(),
};

/** heartbeat → HeartbeatReply. Renews the lease and says how far the build is. */
export const heartbeatSchema = z.object(progress);
export type Heartbeat = z.infer<typeof heartbeatSchema>;
export const heartbeatReplySchema = z.object({ cancel: z.boolean() });
export type HeartbeatReply = z.infer<typeof heartbeatReplySchema>;

/** logs → LogsReply, once the lines are durable. */
export const logsReplySchema = z.object({ accepted: z.number().int().nonnegative() });
export type LogsReply = z.infer<typeof logsReplySchema>;

/** blobs: which of these contents are stored already, and with which variants. At most this many a request. */
export const MAX_BLOBS_PER_REQUEST = 1000;
export const blobSchema = z.object({ sha256: sha256Schema, sizeBytes: z.number().int().nonnegative() });
export const blobsRequestSchema = z.object({ blobs: z.array(blobSchema).min(1).max(MAX_BLOBS_PER_REQUEST) });
export type BlobsRequest = z.infer<typeof blobsRequestSchema>;
/** Only the blobs that are stored; all others are missing and must be uploaded, variants included. */
export const blobsReplySchema = z.object({
  stored: z.array(z.object({ sha256: sha256Schema, variants: variantsSchema })),
});
export type BlobsReply = z.infer<typeof blobsReplySchema>;

/**
 * uploads: presigned PUTs. An object is a blob itself (`coding` null) or one of its variants; `bodySha256` and
 * `sizeBytes` are of the bytes that will be sent, and the URL takes no others.
 */
export const uploadObjectSchema = z.object({
  sha256: sha256Schema,
  coding: codingSchema.nullable(),
  bodySha256: sha256Schema,
  sizeBytes: z.number().int().nonnegative(),
});
export type UploadObject = z.infer<typeof uploadObjectSchema>;
export const uploadsRequestSchema = z.object({
  objects: z.array(uploadObjectSchema).min(1).max(MAX_BLOBS_PER_REQUEST),
});
export type UploadsRequest = z.infer<typeof uploadsRequestSchema>;
/**
 * In the order of the request. PUT with exactly these headers; 412 means that it is there already. The app's own URLs
 * are relative to its address, by which each builder knows it: a loopback one here, a public one from afar.
 */
export const presignedPutSchema = z.object({ url: z.string(), headers: z.record(z.string(), z.string()) });
export type PresignedPut = z.infer<typeof presignedPutSchema>;
export const uploadsReplySchema = z.object({ puts: z.array(presignedPutSchema) });
export type UploadsReply = z.infer<typeof uploadsReplySchema>;

/** What PostgreSQL can keep of a text: it knows no NUL, which names of files and values of settings may bring. */
const storableText = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .transform((text) => text.replaceAll('\0', '\uFFFD'));
const MAX_MESSAGE_LENGTH = 2000;
const MAX_FRAMEWORK_LENGTH = 100;

/** complete: how the attempt ended. Repeating the same report is harmless. */
export const completeSchema = z.discriminatedUnion('result', [
  z.object({
    result: z.literal('published'),
    manifest: manifestSchema,
    framework: storableText(MAX_FRAMEWORK_LENGTH).nullable(),
    /** Its offshoot.json names `paths`. Absent where nothing was built. */
    filtersPaths: z.boolean().optional(),
    ...progress,
  }),
  z.object({
    result: z.literal('failed'),
    reason: failureReasonSchema,
    phase: phaseSchema,
    /** One or two sentences for people: what went wrong, where, what to do. */
    message: storableText(MAX_MESSAGE_LENGTH),
    ...progress,
  }),
  z.object({ result: z.literal('canceled'), ...progress }),
  /** The builder was told to stop (SIGTERM): the attempt is handed back and costs nothing. */
  z.object({ result: z.literal('released'), ...progress }),
]);
export type Complete = z.infer<typeof completeSchema>;
export const completeReplySchema = z.object({ accepted: z.literal(true) });
