import type { Context } from 'hono';
import { html } from 'hono/html';
import { type Problem, PROBLEMS } from '../http/problem.ts';
import { answerDocument } from './page.ts';

/** A problem in words: what programs get as a problem document. */
export function answerProblemPage(context: Context, problem: Problem): Response | Promise<Response> {
  const { title, status, detail, code } = problem;
  const document = {
    title,
    icon: status >= 500 ? 'failed' : 'plain',
    isPublic: status === 401 || status === 421,
    main: html`<section class="narrow">
      <h1>${title}</h1>
      <p>${detail}</p>
      <p class="faint">Status ${status}, <code>${code}</code></p>
      <p><a class="button" href="/">To the projects</a></p>
    </section>`,
  } as const;
  return answerDocument(context, document, PROBLEMS[code].status);
}
