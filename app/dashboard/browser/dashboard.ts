// What every page runs: it keeps the page up to date and its times right. Without it pages are plain and whole.
import { followPage } from './live.ts';
import { keepTimesRight } from './times.ts';

followPage(document);
keepTimesRight(document);
