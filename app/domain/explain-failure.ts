import type { FailureReason } from '../../contracts/phases.ts';

/** What a reason means, in words that hold for every deployment that failed for it. */
export interface FailureExplanation {
  readonly title: string;
  /** What has happened. */
  readonly means: string;
  /** What to do about it, the likeliest first. Each is a whole sentence or two. */
  readonly cures: readonly string[];
}

/** Why a deployment failed and what to do, beside the message that says what it was this time. */
export function explainFailure(reason: FailureReason): FailureExplanation {
  return FAILURE_EXPLANATIONS[reason];
}

/** Pages show these words, and docs/troubleshooting.md is tested against them. */
export const FAILURE_EXPLANATIONS: Readonly<Record<FailureReason, FailureExplanation>> = {
  config_invalid: {
    title: 'The build settings can’t be used',
    means:
      'The commit was checked out, but offshoot.json, package.json or a setting of the project does not say what to build. Nothing was run.',
    cures: [
      'Correct the file and key that the message names, then push or deploy again.',
      'When the message names a root directory, check it in the project’s settings: it is relative to the repository.',
      'What the project’s settings leave empty is detected; clear a setting to go back to that.',
    ],
  },
  clone_failed: {
    title: 'The repository could not be checked out',
    means: 'Git could not fetch this commit, or one of its submodules. Nothing was built.',
    cures: [
      'When the commit is gone (a force-push, a deleted branch), deploy the branch again instead of this commit.',
      'When the repository is private, put valid credentials into the project’s Git URL (https://user:token@host/…); a token may have expired.',
      'When the server could not be reached, redeploy once it answers again.',
      'For a repository on this machine or on a private address, start Offshoot with OFFSHOOT_ALLOW_LOCAL_REPOSITORIES=true.',
    ],
  },
  install_failed: {
    title: 'The install command failed',
    means: 'The dependencies could not be installed. The build command was not run.',
    cures: [
      'Read the last lines of the install phase in the log: the package manager says which package it is about.',
      'Run the same command in a fresh clone. When it fails there too, bring the lockfile up to date and commit it.',
      'When a package registry or download was out of reach, redeploy: nothing in the repository has to change.',
      'When it needs another command or Node version, say so in the project’s settings or in offshoot.json ("install", "node").',
    ],
  },
  build_failed: {
    title: 'The build command failed',
    means: 'The build command ran and ended with an error, so there is nothing to publish.',
    cures: [
      'Read the first error in the log of the build phase: later ones often follow from it.',
      'Run the same command in a fresh clone with the environment variable CI=true, which builds have: some tools treat warnings as errors then.',
      'When it is the wrong command or folder, set it in the project’s settings or in offshoot.json ("build", "root").',
    ],
  },
  output_missing: {
    title: 'The build left nothing to publish',
    means:
      'All commands succeeded, but the output folder does not exist, or is empty; or an uploaded folder held nothing to publish.',
    cures: [
      'Set the folder that your build writes as the output directory, in the project’s settings or in offshoot.json ("output"); it is relative to the root directory.',
      'When the folder should be there, check in the log that the build command is the one that writes it.',
      'Of an upload: name the folder that holds the built site. What begins with a dot is never published.',
    ],
  },
  limit_exceeded: {
    title: 'The build went beyond a limit',
    means:
      'The repository, a command or the output was larger than this Offshoot allows; the message says which and by how much.',
    cures: [
      'Publish less: leave source maps, archives and videos out of the output, and clean temporary files up in the build.',
      'Make the build use less disk (OFFSHOOT_MAX_DISK_BYTES) or fewer processes (OFFSHOOT_MAX_PROCESSES).',
      'If it has to be that large, the operator can raise OFFSHOOT_MAX_REPOSITORY_BYTES, OFFSHOOT_MAX_OUTPUT_FILES, OFFSHOOT_MAX_OUTPUT_FILE_BYTES or OFFSHOOT_MAX_OUTPUT_BYTES.',
    ],
  },
  out_of_memory: {
    title: 'The build ran out of memory',
    means: 'The processes of one command together needed more memory than a build may have, and were ended.',
    cures: [
      'Make the command use less: fewer workers at once, or a smaller heap with NODE_OPTIONS=--max-old-space-size=2048 in front of the build command.',
      'The operator can raise OFFSHOOT_MAX_MEMORY_BYTES (4 GB unless it is set), as far as the machine has memory for OFFSHOOT_MAX_BUILDS builds at once.',
    ],
  },
  timeout: {
    title: 'A phase took longer than it may',
    means: 'The checkout, a command or the publish did not end within its time limit, and was ended.',
    cures: [
      'Check the end of the log: a command that waits for input, or a server or watcher that it started, never ends by itself.',
      'When a network was slow, redeploy.',
      'If it needs that long, the operator can raise OFFSHOOT_CHECKOUT_TIMEOUT_MS, OFFSHOOT_INSTALL_TIMEOUT_MS, OFFSHOOT_BUILD_TIMEOUT_MS or OFFSHOOT_PUBLISH_TIMEOUT_MS.',
    ],
  },
  publish_failed: {
    title: 'The output could not be published',
    means:
      'A file of the output, or of the uploaded folder, can’t be served, or storage did not take it. The site shows what it showed before.',
    cures: [
      'When the message names a file, change what the build writes there, or the folder: links out of it, devices and unreadable or misnamed files are refused.',
      'When storage did not answer, redeploy. If it happens again, the operator should look at the free space of the data folder and at the app’s log.',
    ],
  },
  lost: {
    title: 'The builder, or the uploader, was lost',
    means:
      'The program that ran this build, or that uploaded this folder, fell silent: it was killed, its machine restarted or slept, or it could not reach the app. No attempt is left. It was not necessarily your build.',
    cures: [
      'Redeploy: nothing in the repository has to change. A folder has to be uploaded again.',
      'If it happens again with the same commit, the build may bring its machine down: give builds less memory (OFFSHOOT_MAX_MEMORY_BYTES) or run fewer at once (OFFSHOOT_MAX_BUILDS).',
      'On slow or busy machines the operator can raise OFFSHOOT_LEASE_MS, how long a builder may be silent.',
    ],
  },
  launch_failed: {
    title: 'No builder could be started',
    means:
      'Offshoot could not start the program that runs builds, so nothing of the repository was looked at.',
    cures: [
      'Redeploy once the cause that the message names is gone.',
      'The operator should look at the app’s log, and at memory, processes and free disk of the machine; OFFSHOOT_LAUNCH_TIMEOUT_MS is how long a start may take.',
    ],
  },
};
