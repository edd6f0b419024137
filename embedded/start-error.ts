/** Something outside Offshoot keeps it from starting. The message is for people: what is wrong, where, what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
