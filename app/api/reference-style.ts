/** The style of the reference page: system fonts, both colour schemes, and room on a phone. */
export const REFERENCE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfbf9, #14171a);
  --sheet: light-dark(#ffffff, #1b1f24);
  --ink: light-dark(#1d2329, #e4e7ea);
  --faint: light-dark(#5b6670, #9aa5b0);
  --line: light-dark(#e2e4e0, #2d333a);
  --accent: light-dark(#1f6b4f, #6fcaa5);
  --get: light-dark(#1d5fa8, #7db7f3);
  --change: light-dark(#8a5200, #e8b061);
  --delete: light-dark(#a8281d, #f29086);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 5rem; max-width: 76rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, sans-serif;
  display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 0 3rem;
}
header { grid-column: 1 / -1; margin-bottom: 2rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -0.02em; }
h1 small { font-size: 0.9rem; font-weight: 400; color: var(--faint); letter-spacing: 0; }
h2 { font-size: 1.35rem; margin: 3rem 0 0.25rem; letter-spacing: -0.01em; }
main > section:first-child h2 { margin-top: 0; }
h3 { font-size: 1.05rem; margin: 0; }
h4 { font-size: 0.8rem; margin: 1.25rem 0 0.25rem; color: var(--faint); font-weight: 600; }
p { margin: 0.5rem 0; max-width: 65ch; }
a { color: var(--accent); text-underline-offset: 0.2em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code, pre { font: 0.875em/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre {
  margin: 0.75rem 0; padding: 0.9rem 1rem; overflow-x: auto;
  background: var(--sheet); border: 1px solid var(--line); border-radius: 8px;
}
nav { font-size: 0.9rem; }
nav > div { position: sticky; top: 1.5rem; max-height: calc(100vh - 3rem); overflow-y: auto; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
nav li { margin: 0.15rem 0; }
nav a { color: var(--faint); text-decoration: none; }
nav a:hover { color: var(--accent); text-decoration: underline; }
nav strong { font-size: 0.8rem; }
article {
  margin: 1rem 0; padding: 1.1rem 1.25rem;
  background: var(--sheet); border: 1px solid var(--line); border-radius: 10px;
}
article:target, tr:target { border-color: var(--accent); box-shadow: inset 3px 0 0 var(--accent); }
.line { display: flex; flex-wrap: wrap; gap: 0.25rem 0.6rem; align-items: baseline; margin-bottom: 0.35rem; }
.line code { overflow-wrap: anywhere; }
.method { font: 600 0.8rem ui-monospace, Menlo, Consolas, monospace; color: var(--change); }
.method.get { color: var(--get); }
.method.delete { color: var(--delete); }
table { width: 100%; border-collapse: collapse; font-size: 0.925rem; }
td, th { text-align: left; vertical-align: top; padding: 0.4rem 0.75rem 0.4rem 0; border-top: 1px solid var(--line); }
tr:first-child > td { border-top: 0; }
td:first-child { width: 13rem; overflow-wrap: anywhere; }
td small { color: var(--faint); }
.answer { margin: 0.25rem 0; }
.problems { display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; max-width: none; margin: 0.35rem 0 0; font-size: 0.9rem; color: var(--faint); }
@media (max-width: 52rem) {
  body { grid-template-columns: minmax(0, 1fr); padding: 1.5rem 1rem 4rem; }
  nav { margin-bottom: 2.5rem; }
  nav > div { position: static; max-height: none; columns: 2; }
  nav ul, nav strong { break-inside: avoid; }
  td, td:first-child { display: block; border-top: 0; padding: 0; width: auto; }
  tr { display: block; padding: 0.5rem 0; border-top: 1px solid var(--line); }
  tr:first-child { border-top: 0; }
  article { padding: 1rem; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
