import type { FailureReason } from '../contracts/phases.ts';

/**
 * The output can't be published as it is. Thrown inside this folder only, so that a walk of any depth ends at
 * once; publishOutput turns it into its result. The message is for people.
 */
export class OutputProblem extends Error {
  override readonly name = 'OutputProblem';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
