/** The browser's tab tells the state of the environment that the page is about. */
export function showStateInTab(): void {
  const head = document.querySelector<HTMLElement>('#env-head');
  const link = document.querySelector<HTMLLinkElement>('#tab-icon');
  if (!head || !link) return;
  const { pageTitle, tabIcon } = head.dataset;
  if (pageTitle !== undefined) document.title = `${pageTitle} · Blueberry`;
  const icon = link.dataset[tabIcon ?? ''];
  if (icon !== undefined && link.getAttribute('href') !== icon) link.href = icon;
}
