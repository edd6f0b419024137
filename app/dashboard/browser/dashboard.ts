// What every page runs: it keeps the page up to date and its times right. Without it pages are plain and whole.
import { sendOnce } from './forms.ts';
import { followPage } from './live.ts';
import { forgetNotice } from './notice.ts';
import { keepTimesRight } from './times.ts';

forgetNotice(document);
followPage(document);
keepTimesRight(document);
sendOnce(document);
