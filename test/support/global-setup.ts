/** Runs once before all tests of a run: starts what they share, and stops it at the end. */
export default function setup(): void {}
