import { EXIT_CODES, type StopSignal } from './exit-codes.ts';

/** Why a command could not do what it was asked for: one sentence for people, a stable code for programs. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, exitCode: number = EXIT_CODES.failed) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** What was typed can't be meant. */
export function usageError(message: string): CliError {
  return new CliError('usage', message, EXIT_CODES.usage);
}

/** Somebody told us to stop; the reason of the signal that ends whatever is under way. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}
