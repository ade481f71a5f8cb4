const FACTORS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity of Kubernetes as a number: CPUs or bytes. */
export function quantity(text: string | number): number {
  const [, digits, suffix = ''] = /^([\d.]+)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  const factor = FACTORS[suffix];
  if (digits === undefined || factor === undefined) throw new Error(`${text} is no quantity`);
  return Number(digits) * factor;
}
