/** How many of something a benchmark takes: a short run, to try something out, takes fewer. */
export function sizeFrom(variable: string, usual: number): number {
  const text = process.env[variable] ?? '';
  if (text === '') return usual;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1) throw new Error(`${variable}=${text} is no whole number above zero.`);
  return size;
}
