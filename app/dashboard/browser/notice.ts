/** What came of an action is named in the address. Once it is said it goes from there: a reload, or a link, says it not. */
export function forgetNotice(page: Document): void {
  const url = new URL(page.location.href);
  if (!url.searchParams.has('notice')) return;
  url.searchParams.delete('notice');
  page.defaultView?.history.replaceState(null, '', url);
}
