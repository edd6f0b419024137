/** How long nothing may come before people are told: a server that restarts is back by then. */
const PATIENCE_MS = 4000;

/** Tells people when the page can't be kept up to date, and since when; and no more once it can. */
export interface Connection {
  lost(): void;
  found(): void;
}

export function createConnection(page: Document): Connection {
  const words = page.createElement('p');
  words.className = 'notice busy offline';
  // There, and empty, before it speaks: screen readers say what changes in it.
  words.setAttribute('role', 'status');
  words.hidden = true;
  page.body.append(words);
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    lost() {
      const since = new Date().toLocaleTimeString();
      timer ??= setTimeout(() => {
        words.hidden = false;
        words.textContent = `Offshoot can’t be reached: this page shows how things were at ${since}. It goes on by itself.`;
      }, PATIENCE_MS);
    },
    found() {
      clearTimeout(timer);
      timer = undefined;
      words.hidden = true;
      words.textContent = '';
    },
  };
}
