/** In a narrow window the sections are scrolled sideways: the one that is open comes to the middle. */
export function showCurrentSection(): void {
  const current = document.querySelector<HTMLElement>('.nav [aria-current="page"]');
  const nav = current?.closest<HTMLElement>('.nav');
  if (!current || !nav) return;
  const [inner, outer] = [current.getBoundingClientRect(), nav.getBoundingClientRect()];
  nav.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
}
