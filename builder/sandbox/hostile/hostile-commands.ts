import type { CommandLimits, CommandResult } from '../command.ts';

/** How commands are kept apart: bubblewrap; plain with a user of its own; plain as the builder's own user. */
export type Isolation = 'bubblewrap' | 'other-user' | 'same-user';

/** A command that tries something, and what must come of it. */
export interface HostileCommand {
  readonly name: string;
  /** Sees $APP_PID, $OTHER_SLOT, $DATA, $TOOLCHAIN, $SHARED_CACHE. */
  readonly command: string;
  readonly limits?: Partial<CommandLimits>;
  /** How it ends; any way when absent. */
  readonly ends?: CommandResult['ended'];
  /** Must stand in its output, alone on a line. */
  readonly says?: string;
  /** Where it can't be prevented, and why: not asserted there. */
  readonly unless?: Partial<Record<Isolation, string>>;
}

/** A line that a command prints when an attack worked; none may ever be seen. */
export const BREACH = 'BREACH';

const SAME_USER = 'the same user owns both';
const PLAIN_FILES = 'without a sandbox, what everybody may do on this machine is possible';

const endless: readonly HostileCommand[] = [
  { name: 'never ends', command: 'while :; do sleep 1; done', ends: 'timeout' },
  {
    name: 'burns every core',
    command: 'for i in 1 2 3 4; do (while :; do :; done) & done; wait',
    ends: 'timeout',
  },
  {
    name: 'ignores every signal that it can',
    command: "trap '' TERM INT HUP QUIT ALRM USR1 USR2 PIPE; while :; do sleep 1; done",
    ends: 'timeout',
  },
  { name: 'stops itself', command: 'kill -STOP $$; echo on', ends: 'timeout' },
  { name: 'stops its children', command: 'sleep 60 & kill -STOP $!; wait', ends: 'timeout' },
  { name: 'waits for input for ever', command: 'cat; echo no input', ends: 'exited', says: 'no input' },
];

const multiplying: readonly HostileCommand[] = [
  {
    name: 'starts processes without end',
    command: '(while :; do sleep 60 & done); sleep 60',
    limits: { timeoutMs: 20_000 },
    ends: 'limit_exceeded',
  },
  { name: 'is the classic fork bomb', command: 'b() { b | b & }; b; sleep 60' },
  {
    name: 'is a fork bomb of sessions',
    command: `echo 'while :; do setsid sh ./bomb & sleep 0.1; done' > bomb; sh ./bomb; sleep 60`,
    limits: { timeoutMs: 3_000 },
  },
];

const lingering: readonly HostileCommand[] = [
  { name: 'leaves a background process', command: 'sleep 300 & echo done', ends: 'exited', says: 'done' },
  {
    name: 'leaves a daemon',
    command: 'setsid sleep 300 < /dev/null > /dev/null 2>&1 & echo done',
    ends: 'exited',
  },
  {
    name: 'leaves a daemon of a daemon',
    command: `setsid sh -c 'setsid sleep 300 > /dev/null 2>&1 & exit' & sleep 0.2; echo done`,
    ends: 'exited',
  },
  {
    name: 'leaves a daemon that forgot its environment',
    command: `env -i /usr/bin/setsid /bin/sh -c '/usr/bin/setsid /bin/sleep 300 & exit' & sleep 0.6; echo done`,
    ends: 'exited',
    unless: {
      'same-user': 'only a process that was seen as a child, or bears the mark, is known to be its own',
    },
  },
  {
    name: 'leaves a daemon that holds the output open',
    command: `setsid sh -c 'while :; do sleep 300; done' & echo done`,
    ends: 'exited',
    says: 'done',
  },
  {
    name: 'leaves a daemon that starts others',
    command: `setsid sh -c 'while :; do sleep 0.05 & sleep 0.05; done' > /dev/null 2>&1 & echo done`,
    ends: 'exited',
  },
  { name: 'leaves stopped daemons', command: 'setsid sleep 300 & kill -STOP $!; echo done', ends: 'exited' },
];

const killing: readonly HostileCommand[] = [
  {
    name: 'kills its parent',
    command: 'kill -9 $PPID; echo alive',
    says: 'alive',
    unless: { 'same-user': SAME_USER },
  },
  { name: 'kills process 1', command: 'kill -9 1; echo alive', says: 'alive' },
  {
    name: 'kills the app',
    command: `kill -9 $APP_PID && echo ${BREACH}; true`,
    unless: { 'same-user': SAME_USER },
  },
  {
    name: 'stops the app',
    command: `kill -STOP $APP_PID && echo ${BREACH}; true`,
    unless: { 'same-user': SAME_USER },
  },
  {
    name: 'kills everything that it can',
    command: 'sleep 300 & kill -9 -1; exit 7',
    unless: { 'same-user': `${SAME_USER}: it would end this test run` },
  },
  {
    name: 'traces the app',
    command: `perl -e 'print syscall(101, 16, $ENV{APP_PID}, 0, 0) == 0 ? "${BREACH}\\n" : "refused\\n"'`,
    says: 'refused',
    unless: { 'same-user': SAME_USER },
  },
];

const reading: readonly HostileCommand[] = [
  {
    name: "reads the app's environment",
    command: `cat /proc/$APP_PID/environ`,
    unless: { 'same-user': SAME_USER },
  },
  {
    name: "reads the app's memory",
    command: `cat /proc/$APP_PID/maps /proc/$APP_PID/mem /proc/$APP_PID/root/etc/passwd && echo ${BREACH}`,
    unless: { 'same-user': SAME_USER },
  },
  { name: 'reads /etc/shadow', command: `cat /etc/shadow && echo ${BREACH}` },
  {
    name: 'reads the data folder',
    command: 'cat $DATA/secret; ls $DATA',
    unless: { 'same-user': SAME_USER },
  },
  {
    name: "reads another slot's files",
    command: 'cat $OTHER_SLOT/source/secret; ls -la $OTHER_SLOT',
    unless: { 'same-user': SAME_USER },
  },
  {
    name: "reads another slot's files over a symlink",
    command: 'ln -s $OTHER_SLOT/source/secret here; cat here',
    unless: { 'same-user': SAME_USER },
  },
  {
    name: "reads the builder's environment",
    command: 'env; cat /proc/$PPID/environ /proc/1/environ',
    unless: { 'same-user': SAME_USER },
  },
  { name: 'prints its own environment', command: 'env' },
  {
    name: 'looks for other processes',
    command: `[ -e /proc/$APP_PID/comm ] && grep -q node /proc/$APP_PID/comm && echo ${BREACH}; true`,
    unless: { 'other-user': PLAIN_FILES, 'same-user': PLAIN_FILES },
  },
  {
    name: "lists the host's files",
    command: `[ -e /root ] || [ -e /home ] || [ -e /var ] || [ -e /run ] || [ -e /sys ] && echo ${BREACH}; true`,
    unless: { 'other-user': PLAIN_FILES, 'same-user': PLAIN_FILES },
  },
];

const writing: readonly HostileCommand[] = [
  {
    name: 'writes into the toolchain',
    command: `echo evil > $TOOLCHAIN/evil && echo ${BREACH}; echo evil >> $TOOLCHAIN/bin/tool && echo ${BREACH}; true`,
    unless: { 'same-user': SAME_USER },
  },
  {
    name: 'opens the toolchain for writing',
    command: `chmod -R 777 $TOOLCHAIN && echo ${BREACH}; rm -rf $TOOLCHAIN/bin && echo ${BREACH}; true`,
    unless: { 'same-user': SAME_USER },
  },
  {
    name: 'writes into a cache that is not its own',
    command: `echo evil > $SHARED_CACHE/evil && echo ${BREACH}; true`,
    unless: { 'same-user': SAME_USER },
  },
  {
    name: 'writes to the system',
    command: `for f in /usr/evil /etc/evil /evil /bin/evil /dev/evil; do (echo evil > $f) && echo ${BREACH}; done; true`,
  },
  {
    name: "writes the kernel's settings",
    command: `(echo b > /proc/sysrq-trigger) && echo ${BREACH}; (echo 1 > /proc/sys/kernel/panic) && echo ${BREACH}; true`,
  },
  { name: 'makes a device', command: `mknod disk b 8 0 && echo ${BREACH}; true` },
];

const rising: readonly HostileCommand[] = [
  {
    name: 'mounts',
    command: `mkdir m; mount -t tmpfs none m && echo ${BREACH}; mount --bind / m && echo ${BREACH}; true`,
  },
  {
    name: 'makes the system writable in a namespace of its own',
    command: `unshare -Urm sh -c 'mount -o remount,rw /usr; echo evil > /usr/evil' && [ -e /usr/evil ] && echo ${BREACH}; true`,
  },
  {
    name: 'makes a user namespace',
    command: `unshare -U true && echo ${BREACH}; unshare -Ur --fork true && echo ${BREACH}; perl -e 'print syscall($ARGV[0] eq "x86_64" ? 56 : 220, 0x10000011, 0, 0, 0, 0) == -1 ? "refused\\n" : "${BREACH}\\n"' $(uname -m)`,
    says: 'refused',
    unless: { 'other-user': PLAIN_FILES, 'same-user': PLAIN_FILES },
  },
  {
    name: 'uses a set-uid program',
    command: `grep -q '^NoNewPrivs:.1$' /proc/self/status || echo ${BREACH}; cp /bin/sh root; chmod 6755 root; ./root -pc 'id -u' | grep -qx 0 && echo ${BREACH}; true`,
  },
  {
    name: 'becomes another user',
    command: `perl -e '$< = 0; $> = 0; print $> == 0 ? "${BREACH}\\n" : "refused\\n"'`,
    says: 'refused',
  },
  {
    name: 'lifts its limits',
    command: `ulimit -f unlimited && echo ${BREACH}; ulimit -c unlimited && echo ${BREACH}; true`,
  },
  {
    name: 'takes a better place in the queue',
    command: `nice -n -10 true 2>/dev/null; [ "$(nice)" -ge 10 ] || echo ${BREACH}`,
  },
];

const flooding: readonly HostileCommand[] = [
  { name: 'fills the disk with one file', command: 'cat /dev/zero > big', ends: 'limit_exceeded' },
  {
    name: 'fills the disk with large files',
    command: 'i=0; while :; do i=$((i+1)); head -c 8000000 /dev/zero > $i; done',
    ends: 'limit_exceeded',
  },
  {
    name: 'fills the disk with empty files',
    command: `perl -e 'for (my $i = 0; ; $i++) { open(my $f, ">", "f$i") }'`,
    limits: { timeoutMs: 20_000 },
    ends: 'limit_exceeded',
  },
  { name: 'fills its temporary folder', command: 'cat /dev/zero > $TMPDIR/big', ends: 'limit_exceeded' },
  { name: 'fills its home', command: 'cat /dev/zero > $HOME/big', ends: 'limit_exceeded' },
  {
    name: 'nests folders deeper than paths reach',
    command: `perl -e 'for (1 .. 3000) { mkdir "dddddddddd"; chdir "dddddddddd" } sleep 60'`,
    limits: { timeoutMs: 20_000 },
    ends: 'limit_exceeded',
  },
  { name: 'makes a sparse file', command: `truncate -s 1T sparse && echo ${BREACH}; true` },
  {
    name: 'takes all memory',
    command: `perl -e 'my @a; while (1) { push @a, "x" x 1_000_000 }'`,
    limits: { timeoutMs: 20_000 },
    ends: 'out_of_memory',
  },
  {
    name: 'takes all memory with many processes',
    command: `for i in 1 2 3 4 5 6 7 8; do perl -e 'my $a = "x" x 30_000_000; sleep 60' & done; wait`,
    limits: { timeoutMs: 20_000 },
    ends: 'out_of_memory',
  },
  {
    name: 'hides memory in shared files',
    command: `head -c 100000000 /dev/zero > /dev/shm/hidden && echo ${BREACH}; rm -f /dev/shm/hidden; true`,
    unless: { 'other-user': PLAIN_FILES, 'same-user': PLAIN_FILES },
  },
  {
    name: 'floods the output',
    command: 'yes | head -c 20000000; echo; echo end',
    limits: { timeoutMs: 20_000 },
    says: 'end',
  },
];

export const HOSTILE_COMMANDS: readonly HostileCommand[] = [
  ...endless,
  ...multiplying,
  ...lingering,
  ...killing,
  ...reading,
  ...writing,
  ...rising,
  ...flooding,
];
