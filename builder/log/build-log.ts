import type { LogStream } from '../../contracts/log-line.ts';
import type { Phase } from '../../contracts/phases.ts';
import { createLogLimiter } from './limit-log.ts';
import { maskerFactory } from './mask-secrets.ts';
import { secretForms } from './secret-forms.ts';
import type { LineSender } from '../../publish/protocol/send-lines.ts';
import { createLineSplitter } from './split-lines.ts';

/** The log of one attempt: bytes in, numbered lines to the app. */
export interface BuildLog {
  /** Takes output of a command. A promise means: read no more of it until it resolves. */
  write(stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> | undefined;
  /** Says something to people, as a line of the stream `system`. */
  say(text: string): void;
  /** A text that goes elsewhere than into the log, with the log's secrets masked. */
  mask(text: string): string;
  /** A command has ended: an unfinished line, and what might have become a secret, go out. */
  endCommand(): void;
  enterPhase(phase: Phase): void;
  /** Ends the log: the kept tail goes out, and all is durable when it resolves (or sending has failed). */
  close(): Promise<void>;
  lastSeq(): number;
}

export interface BuildLogOptions {
  readonly sender: LineSender;
  readonly secrets: readonly string[];
  readonly logBytes: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Throws a RangeError when the secrets are too many to be masked. */
export function createBuildLog({ sender, secrets, logBytes, now }: BuildLogOptions): BuildLog {
  const createMasker = maskerFactory(secretForms(secrets));
  const createChannel = () => ({ masker: createMasker(), splitter: createLineSplitter() });
  const limiter = createLogLimiter(logBytes);
  const channels = { stdout: createChannel(), stderr: createChannel() };
  const mask = (text: string): Buffer => {
    const masker = createMasker();
    return Buffer.concat([...masker.push(Buffer.from(text)), ...masker.flush()]);
  };
  let phase: Phase = 'checkout';

  const emit = (stream: LogStream, lines: readonly string[]): void => {
    const at = now();
    for (const text of lines) {
      for (const line of limiter.admit({ at, phase, stream, text })) sender.push(line);
    }
  };
  const endStream = (stream: 'stdout' | 'stderr'): void => {
    const { masker, splitter } = channels[stream];
    for (const bytes of masker.flush()) emit(stream, splitter.push(bytes));
    emit(stream, splitter.flush());
  };
  const endCommand = (): void => {
    endStream('stdout');
    endStream('stderr');
  };

  return {
    write(stream, chunk) {
      const { masker, splitter } = channels[stream];
      for (const bytes of masker.push(chunk)) emit(stream, splitter.push(bytes));
      return sender.room();
    },
    say(text) {
      const splitter = createLineSplitter();
      emit('system', [...splitter.push(mask(text)), ...splitter.flush()]);
    },
    mask: (text) => mask(text).toString(),
    endCommand,
    enterPhase(next) {
      endCommand();
      phase = next;
    },
    async close() {
      endCommand();
      for (const line of limiter.finish()) sender.push(line);
      await sender.flush();
    },
    lastSeq: () => sender.lastSeq(),
  };
}
