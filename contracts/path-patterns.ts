import { z } from 'zod';

const MAX_PATTERNS = 100;
const MAX_PATTERN_LENGTH = 256;

/**
 * `paths` of an offshoot.json: which changed files concern the project. The app decides by it before anything is built;
 * a builder, which is there because it was decided, only says what is wrong with it.
 */
export const pathPatternsSchema = z.array(z.string().min(1).max(MAX_PATTERN_LENGTH)).max(MAX_PATTERNS);
