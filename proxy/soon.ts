/**
 * A value that may be here already. A promise costs a turn of the event loop, and what is in memory, nearly every
 * answer of a busy proxy, would pay it three times over.
 */
export type Soon<T> = T | Promise<T>;

/** Goes on with the value: at once when it is here. */
// oxlint-disable promise/no-callback-in-promise -- going on with the value is all that this is for
export function soon<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
