import { format } from 'node:util';
import { afterAll, afterEach } from 'vitest';

const unexpected: string[] = [];

for (const method of ['error', 'warn'] as const) {
  const write = console[method].bind(console);
  console[method] = (...values: unknown[]) => {
    unexpected.push(`console.${method}: ${format(...values)}`);
    write(...values);
  };
}

/** A test that expects output replaces the method (`vi.spyOn(console, 'warn').mockImplementation(…)`) and asserts on it. */
function refuseOutput(): void {
  const lines = unexpected.splice(0);
  if (lines.length > 0) throw new Error(`Unexpected console output:\n${lines.join('\n')}`);
}

afterEach(refuseOutput);
afterAll(refuseOutput);
