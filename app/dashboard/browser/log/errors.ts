import { plainLine } from './text.ts';

/** How surely a line tells of an error: 3 says so in so many words, 1 only hints at it, 0 does not. */
export type Suspicion = 0 | 1 | 2 | 3;

/** Most lines hold none of these and need no closer look. */
const WORTH_A_LOOK =
  /err|fail|fatal|panic|exception|traceback|not found|cannot find|killed|out of memory|fault|[✖✗✘]/i;
/** Tests that passed, warnings, and counts of nothing. */
const HARMLESS =
  /^\s*(?:[✓✔√]|ok\b|pass\b|\[?warn(?:ing)?\b)|\bnpm warn\b|\b(?:0|no|zero|without(?: any)?) (?:errors?|failures?|failed|failing|vulnerabilities)\b|\b(?:errors?|failures?|failed|failing):? 0\b/i;
const CERTAIN = [
  /^\s*npm (?:ERR!|error)/,
  /\berror(?: |\[)?(?:TS|E|CS|C|LNK)\d+/,
  /(?:^|[\s[(:])(?:[A-Z][A-Za-z]*)?(?:Error|Exception)(?: \[[A-Z_]+\])?: /,
  /\b(?:ELIFECYCLE|E404|ENOENT|EACCES|ERESOLVE|ENOSPC|EPERM|ERR_[A-Z_]+)\b/,
  /^\s*(?:\[[^\]]*\]\s*)?(?:ERROR|FATAL)\b/,
  /^\s*\[?(?:error|fatal)\b\]?\s*[:!\]-]/i,
  /(?:^|\s)error(?:\[\w+\])?: /,
  /^\s*error during\b/i,
  /^\s*[✖✗✘] /,
  /^\s*×\s+\S/,
  /^Traceback \(most recent call last\)/,
  /\bpanic(?:ked at|:)/,
  /\b(?:module not found|cannot find module|command not found|segmentation fault|javascript heap out of memory)/i,
  /\b(?:failed to compile|build failed|compilation failed)\b/i,
];
const LIKELY = [
  /\bfail(?:ed|ure)\b/i,
  /\b[1-9]\d* (?:errors?|failures?|failing)\b/i,
  /^\s*(?:FAIL|Killed)\b/,
];
/** `error-handler.js`, `src/errors/index.ts`, `--fail-fast`, `isError`: names, not news. */
const NAMES =
  /[\w@-]*[\w-]*[/\\][^\s:]*|--[\w-]+|[\w-]*\b(?:errors?|fail(?:ed|ures?)?)(?:-[\w-]+|\.[a-z][\w.-]*|\()/gi;

/** Judges one line as it is printed. */
export function suspectError(printed: string): Suspicion {
  if (!WORTH_A_LOOK.test(printed)) return 0;
  const text = plainLine(printed);
  if (HARMLESS.test(text)) return 0;
  const news = text.replace(NAMES, ' ');
  if (CERTAIN.some((pattern) => pattern.test(news))) return 3;
  return LIKELY.some((pattern) => pattern.test(news)) ? 2 : 0;
}

export interface JudgedLine {
  readonly attempt: number;
  readonly phase: string;
  readonly stream: string;
  readonly text: string;
}

/** Remembers, of each phase, the first line of each suspicion. */
export interface ErrorFinder {
  look(line: JudgedLine, index: number): void;
  /**
   * The line where whoever wants to know why it failed should begin: in the phase that failed, which is the last one;
   * else in the last attempt at all. While a build runs, and when it went well, only certain errors count.
   */
  first(hasFailed: boolean): number | undefined;
}

/** What Offshoot itself says comes after the fact. */
const OWN_STREAM = 'system';
const OWN_PHASE = 'deploy';
const WARNING = /\b(?:warn(?:ing)?|deprecat\w+|notice|debugger)\b/i;

export function createErrorFinder(): ErrorFinder {
  let attempt = 0;
  let phases: { readonly phase: string; readonly firsts: (number | undefined)[] }[] = [];

  const firstsOf = (line: JudgedLine): (number | undefined)[] => {
    if (line.attempt !== attempt) [attempt, phases] = [line.attempt, []];
    const last = phases.at(-1);
    if (last?.phase === line.phase) return last.firsts;
    const firsts: (number | undefined)[] = [];
    phases.push({ phase: line.phase, firsts });
    return firsts;
  };

  return {
    look(line, index) {
      if (line.phase === OWN_PHASE) return;
      const firsts = firstsOf(line);
      // A phase that says everything again is not judged again.
      if (firsts[3] !== undefined || line.stream === OWN_STREAM) return;
      const suspicion = suspectError(line.text);
      if (suspicion > 0) firsts[suspicion] ??= index;
      else if (firsts[1] === undefined && isComplaint(line)) firsts[1] = index;
    },
    first(hasFailed) {
      const certain = phases.find(({ firsts }) => firsts[3] !== undefined)?.firsts[3];
      if (!hasFailed) return certain;
      const failing = phases.at(-1)?.firsts ?? [];
      return failing[3] ?? failing[2] ?? failing[1] ?? certain;
    },
  };
}

/** What a program says on its standard error is worth a look when nothing else is. */
function isComplaint({ stream, text }: JudgedLine): boolean {
  return stream === 'stderr' && !WARNING.test(text) && plainLine(text).trim() !== '';
}
