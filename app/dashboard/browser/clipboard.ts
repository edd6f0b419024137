/** Copies a text. Pages of plain HTTP have no clipboard API, but what a copy event carries. */
export async function writeClipboard(page: Document, text: string): Promise<boolean> {
  const clipboard: Clipboard | undefined = page.defaultView?.navigator.clipboard;
  if (clipboard !== undefined) {
    const isWritten = await clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    if (isWritten) return true;
  }
  const write = (event: ClipboardEvent): void => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  page.addEventListener('copy', write, { capture: true, once: true });
  const isWritten = page.execCommand('copy');
  page.removeEventListener('copy', write, { capture: true });
  return isWritten;
}
