/**
 * A system call filter (classic BPF, as seccomp(2) takes it) that denies new user namespaces. In one of those a
 * command could mount memory file systems, which no limit of ours sees, and would reach parts of the kernel that
 * are meant for root. All other calls pass: builds run anything.
 */

/** Call numbers and the architecture's audit name. */
interface Architecture {
  readonly audit: number;
  readonly unshare: number;
  readonly clone: number;
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { audit: 0xc000_003e, unshare: 272, clone: 56 },
  arm64: { audit: 0xc000_00b7, unshare: 97, clone: 220 },
};

const CLONE3 = 435;
const CLONE_NEWUSER = 0x1000_0000;
/** Calls of x32, an old second set of numbers on x64, begin here. */
const X32_BIT = 0x4000_0000;

const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_BITS = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff_0000;
const ERROR = 0x0005_0000;
const EPERM = 1;
/** C libraries take this for "an old kernel", and use clone instead, whose flags a filter can read. */
const ENOSYS = 38;

/** Offsets in struct seccomp_data: the call's number, the architecture, the first argument's lower half. */
const NUMBER = 0;
const AUDIT = 4;
const FIRST_ARGUMENT = 16;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/** The filter for a processor as Node names it; null for those that we have no numbers for. */
export function userNamespaceFilter(arch: string): Buffer | null {
  const numbers = ARCHITECTURES[arch];
  if (numbers === undefined) return null;
  const program: readonly Instruction[] = [
    [LOAD, 0, 0, AUDIT],
    // A 32-bit program has other numbers: what can't be checked is denied.
    [JUMP_EQUAL, 0, 9, numbers.audit],
    [LOAD, 0, 0, NUMBER],
    [JUMP_AT_LEAST, 7, 0, X32_BIT],
    [JUMP_EQUAL, 5, 0, CLONE3],
    [JUMP_EQUAL, 1, 0, numbers.unshare],
    [JUMP_EQUAL, 0, 2, numbers.clone],
    [LOAD, 0, 0, FIRST_ARGUMENT],
    [JUMP_BITS, 2, 0, CLONE_NEWUSER],
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, ERROR | ENOSYS],
    [RETURN, 0, 0, ERROR | EPERM],
  ];
  return Buffer.concat(program.map(encode));
}

/** struct sock_filter: u16 code, u8 jump if true, u8 jump if false, u32 value. */
function encode([code, ifTrue, ifFalse, value]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}
