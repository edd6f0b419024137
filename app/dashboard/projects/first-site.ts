import { html } from 'hono/html';
import type { Html } from '../html.ts';
import { renderGitUrlField } from './new-project.ts';

/** Public repositories that are served or built as they are, from the quickest to the one with the most to build. */
export const EXAMPLES = [
  {
    gitUrl: 'https://github.com/mdn/beginner-html-site-styled',
    name: 'One styled page',
    what: 'Plain HTML, published as it is',
  },
  {
    gitUrl: 'https://github.com/h5bp/html5-boilerplate',
    name: 'HTML5 Boilerplate',
    what: 'Built with npm and Gulp',
  },
  {
    gitUrl: 'https://github.com/11ty/eleventy-base-blog',
    name: 'A blog',
    what: 'Built with Eleventy',
  },
] as const;

/** What an empty Offshoot shows: how to get a first site, with examples that need nothing but a click. */
export function renderFirstSite(): Html {
  return html`<section class="first">
    <h1>Deploy your first site</h1>
    <p class="lead">
      Give Offshoot the address of a Git repository. It builds the site, serves it, and gives each branch that
      you deploy an address of its own.
    </p>
    <form method="post" action="/new" class="card">
      ${renderGitUrlField({ typed: {}, mistakes: {} })}
      <div class="actions">
        <button class="primary">Deploy</button>
        <a class="button" href="/new">More settings</a>
      </div>
    </form>
    <h2>Or try one of these</h2>
    <ul class="examples">
      ${EXAMPLES.map(renderExample)}
    </ul>
    <p class="faint">
      A folder on your machine works too, without Git: <code>npx offshoot deploy &lt;folder&gt;</code>
    </p>
  </section>`;
}

function renderExample({ gitUrl, name, what }: (typeof EXAMPLES)[number]): Html {
  return html`<li class="card">
    <h3>${name}</h3>
    <p class="faint">${what}<br /><code>${gitUrl.replace('https://', '')}</code></p>
    <form method="post" action="/new">
      <input type="hidden" name="gitUrl" value="${gitUrl}" />
      <button aria-label="Deploy ${name}">Deploy</button>
    </form>
  </li>`;
}
