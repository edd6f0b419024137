import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { PROBLEM_CODES, PROBLEMS } from '../http/problem.ts';
import type { OpenApiDocument } from './openapi.ts';
import {
  type Answer,
  type Field,
  listComponents,
  listOperations,
  type Operation,
  type TypeName,
} from './reference-model.ts';
import { REFERENCE_STYLE } from './reference-style.ts';

type Html = ReturnType<typeof html>;

const styleHash = createHash('sha256').update(REFERENCE_STYLE).digest('base64');
const style = raw(`<style>${REFERENCE_STYLE}</style>`);

/** No script, no image, no other server: one style, named by its hash. */
export const REFERENCE_HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** The OpenAPI document as a page for people. All text goes through the template, which escapes it. */
export function renderReference(document: OpenApiDocument): Html {
  const operations = listOperations(document);
  const components = listComponents(document);
  const server = document.servers?.[0]?.url ?? '';
  const { title, version, description = '' } = document.info;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        <header>
          <h1>${title} <small>${version}</small></h1>
          <p>
            ${description} For programs: <a href="/openapi.json">openapi.json</a>. For people:
            <a href="/">the dashboard</a>.
          </p>
        </header>
        ${renderContents(operations, components)}
        <main>
          ${renderIntroduction(server)} ${groupByTag(document, operations).map(renderGroup)}
          <section>
            <h2 id="objects">Objects</h2>
            ${components.map(renderComponent)}
          </section>
          ${renderProblems()}
        </main>
      </body>
    </html>`;
}

interface Group {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly Operation[];
}

function groupByTag(document: OpenApiDocument, operations: readonly Operation[]): Group[] {
  return (document.tags ?? []).map(({ name, description = '' }) => ({
    name,
    description,
    operations: operations.filter((operation) => operation.tag === name),
  }));
}

function renderContents(operations: readonly Operation[], components: readonly { name: string }[]): Html {
  const tags = [...new Set(operations.map((operation) => operation.tag))];
  const links = (tag: string) => operations.filter((operation) => operation.tag === tag);
  return html`<nav aria-label="Contents">
    <div>
      ${tags.map(
        (tag) =>
          html`<strong>${tag}</strong>
            <ul>
              ${links(tag).map(({ id, summary }) => html`<li><a href="#${id}">${summary}</a></li>`)}
            </ul>`,
      )}
      <strong>Objects</strong>
      <ul>
        ${components.map(({ name }) => html`<li><a href="#object-${name}">${name}</a></li>`)}
      </ul>
      <ul>
        <li><a href="#problems">Problems</a></li>
      </ul>
    </div>
  </nav>`;
}

function renderIntroduction(server: string): Html {
  return html`<section>
    <h2>How to call it</h2>
    <p>
      Send JSON, and the token that the server was started with. Times are epoch milliseconds. Lists come in
      pages: ask for the next one with <code>after</code>, which takes the <code>next</code> of the page
      before.
    </p>
    <pre tabindex="0" aria-label="Two calls"><code>curl ${server}/api/projects \\
  -H "Authorization: Bearer $OFFSHOOT_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"gitUrl": "https://github.com/owner/repository"}'

curl -X POST ${server}/api/projects/repository/deployments \\
  -H "Authorization: Bearer $OFFSHOOT_TOKEN"</code></pre>
  </section>`;
}

function renderGroup({ name, description, operations }: Group): Html {
  return html`<section>
    <h2>${name}</h2>
    <p>${description}</p>
    ${operations.map(renderOperation)}
  </section>`;
}

function renderOperation(operation: Operation): Html {
  const { id, method, path, summary, description, parameters, body, answers } = operation;
  return html`<article id="${id}">
    <div class="line"><span class="method ${method.toLowerCase()}">${method}</span><code>${path}</code></div>
    <h3>${summary}</h3>
    ${description === '' ? '' : html`<p>${withCode(description)}</p>`}
    ${
      parameters.length === 0
        ? ''
        : html`<h4>Parameters</h4>
            ${renderFields(parameters)}`
    }
    ${
      body === undefined
        ? ''
        : html`<h4>Body</h4>
            <p>${renderType(body)}</p>`
    }
    <h4>Answers</h4>
    ${answers.filter(({ codes }) => codes.length === 0).map(renderAnswer)}
    <p class="problems">${answers.flatMap(renderProblemLinks)}</p>
  </article>`;
}

function renderAnswer({ status, description, type }: Answer): Html {
  return html`<p class="answer">
    <code>${status}</code> ${description}${type === undefined ? '' : html` ${renderType(type)}`}
  </p>`;
}

function renderProblemLinks({ status, codes }: Answer): Html[] {
  return codes.map(
    (code) =>
      html`<span
        >${status} <a href="#problem-${code}"><code>${code}</code></a></span
      > `,
  );
}

function renderComponent(component: { name: string; description: string; fields: readonly Field[] }): Html {
  return html`<article id="object-${component.name}">
    <h3>${component.name}</h3>
    ${component.description === '' ? '' : html`<p>${withCode(component.description)}</p>`}
    ${renderFields(component.fields)}
  </article>`;
}

function renderFields(fields: readonly Field[]): Html {
  return html`<table>
    ${fields.map(
      ({ name, type, notes, description }) =>
        html`<tr>
          <td><code>${name}</code></td>
          <td>
            ${renderType(type)}${notes.length === 0 ? '' : html` <small>${notes.join(', ')}</small>`}
            ${description === '' ? '' : html`<br />${withCode(description)}`}
          </td>
        </tr>`,
    )}
  </table>`;
}

function renderType({ text, component }: TypeName): Html {
  if (component === undefined) return html`<code>${text}</code>`;
  return html`<a href="#object-${component}"><code>${text}</code></a>`;
}

function renderProblems(): Html {
  return html`<section>
    <h2 id="problems">Problems</h2>
    <p>
      Whatever goes wrong is answered as a problem document (RFC 9457). Programs decide by <code>code</code>,
      which never changes; <code>detail</code> is for people.
    </p>
    <article>
      <table>
        ${PROBLEM_CODES.map(
          (code) =>
            html`<tr id="problem-${code}">
              <td><code>${code}</code></td>
              <td>${PROBLEMS[code].title}. <small>${PROBLEMS[code].status}</small></td>
            </tr>`,
        )}
      </table>
    </article>
  </section>`;
}

/** Text in backticks as code. */
function withCode(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
