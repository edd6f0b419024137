import { html } from 'hono/html';
import type { FileChange, FilesDiff } from '../../domain/diff-files.ts';
import type { DeploymentData, OutputData } from './deployment-data.ts';
import { formatBytes, formatBytesDelta, formatCount } from '../format.ts';
import type { Html } from '../html.ts';
import type { ListedFile } from './outputs.ts';
import { type DeploymentLine, shortCommit, titleOf } from '../parts/deployment-row.ts';
import { renderTime } from '../parts/time.ts';

/** What was published, and what is other than in the output before it. */
export function renderOutput(data: DeploymentData, now: number): Html | '' {
  const { output, line } = data;
  if (output === null) return '';
  const path = `/deployments/${line.id}/files`;
  return html`<h2 id="output">Output</h2>
    <div class="output">
      <section class="card" aria-labelledby="changes">
        <h3 id="changes">Changes</h3>
        ${renderChanges(output, data, now)}
      </section>
      <section class="card" aria-labelledby="largest">
        <h3 id="largest">Largest files</h3>
        ${output.summary === null ? UNREADABLE : renderLargest(output.summary.largest)}
        <p class="more">
          <a href="${path}">All ${formatCount(output.fileCount, 'file')}</a>, ${formatBytes(output.sizeBytes)}
        </p>
      </section>
    </div>`;
}

const UNREADABLE = html`<p class="faint">
  Storage can’t be read at the moment. Nothing is lost: look again soon.
</p>`;

function renderChanges({ earlier, summary }: OutputData, { line }: DeploymentData, now: number): Html {
  if (summary === null) return UNREADABLE;
  if (earlier === null || summary.diff === null) {
    return html`<p class="faint">
      This is the first output of <code>${line.ref}</code>: there is none to compare it with.
    </p>`;
  }
  const { diff } = summary;
  if (diff.changes.length === 0)
    return html`<p>Nothing: all files are those of ${renderEarlier(earlier, now)}.</p>`;
  const all = diff.added + diff.removed + diff.changed;
  return html`<p>${renderCounts(diff)} against ${renderEarlier(earlier, now)}.</p>
    ${renderChangeTable(diff.changes)}
    ${
      all > diff.changes.length
        ? html`<p class="more">
            <a href="/deployments/${line.id}/files?show=changes">All ${formatCount(all, 'change')}</a>
          </p>`
        : ''
    }`;
}

function renderEarlier(line: DeploymentLine, now: number): Html {
  const commit = line.commit === null ? '' : html` <code>${shortCommit(line.commit)}</code>`;
  return html`<a href="/deployments/${line.id}">${titleOf(line)}</a>${commit},
    ${renderTime(line.createdAt, now)}`;
}

/** "2 added, 1 changed; +3 kB". */
export function renderCounts({ added, changed, removed, deltaBytes }: FilesDiff): Html {
  const counts = Object.entries({ added, changed, removed }).filter(([, count]) => count > 0);
  return html`<strong>${counts.map(([kind, count]) => `${count} ${kind}`).join(', ')}</strong>
    (${formatBytesDelta(deltaBytes)})`;
}

export function renderChangeTable(changes: readonly FileChange[]): Html {
  return html`<table class="table files">
    <thead>
      <tr>
        <th scope="col">What</th>
        <th scope="col">File</th>
        <th scope="col" class="number">Size</th>
      </tr>
    </thead>
    <tbody>
      ${changes.map(
        ({ kind, path, deltaBytes }) =>
          html`<tr>
            <td><span class="change ${kind}">${kind}</span></td>
            <td>${path}</td>
            <td class="number">${formatBytesDelta(deltaBytes)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function renderLargest(files: readonly ListedFile[]): Html {
  return html`<table class="table files">
    <thead>
      <tr>
        <th scope="col">File</th>
        <th scope="col" class="number">Size</th>
      </tr>
    </thead>
    <tbody>
      ${files.map(
        ({ path, sizeBytes }) =>
          html`<tr>
            <td>${path}</td>
            <td class="number">${formatBytes(sizeBytes)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
