/** Sends each form once: whoever presses a button twice, or again because nothing moves yet, asks for one thing. */
export function sendOnce(page: Document): void {
  const sent = new Set<HTMLFormElement>();
  page.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== 'post') return;
    if (sent.has(form)) return event.preventDefault();
    sent.add(form);
    form.setAttribute('aria-busy', 'true');
  });
  // On a page that comes back from the browser's memory, what was sent from it is over.
  page.defaultView?.addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    for (const form of sent) form.removeAttribute('aria-busy');
    sent.clear();
  });
}
