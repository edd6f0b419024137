/** What the one who wants a folder published can do about what can't be: a build's owner, or who uploads by hand. */
export interface OutputWords {
  /** What is published is called so: `the <noun>`. */
  readonly noun: string;
  readonly missing: (shown: string) => string;
  readonly empty: (shown: string) => string;
  readonly remove: string;
  readonly rename: string;
  /** Names another folder, when this one leads astray. */
  readonly choose: string;
}

const CHOOSE_OUTPUT =
  'Name the folder that the build command writes: "output" in offshoot.json, or the output directory in the settings of the project.';

export const BUILD_WORDS: OutputWords = {
  noun: 'output',
  missing: (shown) => `There is no output folder ${shown} after the build. ${CHOOSE_OUTPUT}`,
  empty: (shown) =>
    `The output folder ${shown} is empty: there is nothing to publish. Check that the build command writes to it, or name another folder ("output" in offshoot.json).`,
  remove: 'Remove it in the build command.',
  rename: 'Rename it in the build command.',
  choose: CHOOSE_OUTPUT,
};

export const FOLDER_WORDS: OutputWords = {
  noun: 'folder',
  missing: () =>
    'The folder is not there (any more), or it is no folder. Name the folder that holds the site.',
  empty: () =>
    'The folder is empty, or holds only what is never published: there is nothing to upload. Name the folder that holds the built site.',
  remove: 'Remove it from the folder.',
  rename: 'Rename it.',
  choose: 'Name the folder that holds the site.',
};
