import { stat } from 'node:fs/promises';
import path from 'node:path';
import { usageError } from '../cli-error.ts';
import { deployFolder } from '../deploy/deploy-folder.ts';
import { deployProject, deployRepository } from '../deploy/deploy-repository.ts';
import { decideSource, type NamedSource } from '../deploy/decide-source.ts';
import { BUILD_OPTIONS, parseDeployOptions } from '../deploy/deploy-options.ts';
import type { Call, Command, Session } from './command.ts';

export const deployCommand: Command = {
  name: 'deploy',
  about: 'Deploy a Git repository, or upload a folder',
  details:
    'Makes the project when there is none yet, shows the log until the deployment has ended, and prints its address: the address alone goes to standard output. A repository is built by the server; a folder is published as it is.',
  positionals: [
    {
      name: 'git-url|folder',
      isRequired: false,
      about: 'https://… of a repository, or a folder of this machine',
      completion: 'folder',
    },
  ],
  options: [
    {
      name: 'project',
      short: 'p',
      value: 'project',
      about: 'the project to deploy to, by the name in its address; made when there is none',
      completion: 'project',
    },
    { name: 'name', value: 'name', about: 'what people see as its name (repository or folder)' },
    {
      name: 'branch',
      short: 'b',
      value: 'branch',
      about: 'the branch to build, or to upload as (the production branch)',
    },
    {
      name: 'ref',
      value: 'ref',
      about: 'a tag or a full commit to build; it gets an address of its own only',
    },
    {
      name: 'production-branch',
      value: 'branch',
      about: 'the branch that the project serves as production (what the repository says)',
    },
    ...BUILD_OPTIONS,
    { name: 'no-wait', about: 'print the id of the deployment and end at once' },
    { name: 'quiet', short: 'q', about: 'no log, only how it ends' },
  ],
  examples: [
    { command: 'offshoot deploy https://github.com/mdn/beginner-html-site-styled', about: 'a repository' },
    { command: 'offshoot deploy ./dist --name "My site"', about: 'a folder that you have built' },
    { command: 'offshoot deploy --project my-site --branch feature', about: 'another branch of a project' },
    { command: 'url=$(offshoot deploy --quiet ./dist)', about: 'in a script' },
  ],
  run: deploy,
};

async function deploy(call: Call, session: Session): Promise<number> {
  const options = parseDeployOptions(call);
  const [text] = call.positionals;
  if (text === undefined) {
    if (options.project === undefined)
      throw usageError(
        'What is to be deployed? A Git URL (https://…), a folder (./dist), or a project that exists (--project).',
      );
    return deployProject(options.project, options, session);
  }
  const source = await lookAt(text, session.system.workingFolder);
  if (source.kind === 'none') throw usageError(source.message);
  if (source.kind === 'repository') return deployRepository(source.url, options, session);
  return deployFolder(source.folder, options, session);
}

async function lookAt(text: string, workingFolder: string): Promise<NamedSource> {
  const folder = path.resolve(workingFolder, text);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return decideSource(text, folder, 'nothing');
  return decideSource(text, folder, found.isDirectory() ? 'folder' : 'file');
}
