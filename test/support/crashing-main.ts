// The product with a point at which it is killed: CRASH_AT=adapter.method:before|after:N, at the Nth call of it.
import type { Adapters } from '../../src/composition/adapters.ts';
import { runProduct } from '../../src/composition/run-product.ts';

const [target = '', moment = '', count = '1'] = (process.env['CRASH_AT'] ?? '').split(':');
const [adapterName = '', methodName = ''] = target.split('.');
let calls = 0;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // SIGKILL may take a moment to arrive; nothing may happen in between.
  for (;;);
}

function crashing<T extends object>(adapter: T): T {
  return new Proxy(adapter, {
    get(object, property, receiver) {
      const member: unknown = Reflect.get(object, property, receiver);
      if (property !== methodName || typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        calls += 1;
        const now = calls === Number(count);
        if (now && moment === 'before') die();
        const result: unknown = await Reflect.apply(member, object, args);
        if (now && moment === 'after') die();
        return result;
      };
    },
  });
}

await runProduct(process.env, (adapters: Adapters): Adapters => {
  const key = adapterName as keyof Adapters;
  const adapter = adapters[key] as object | null | undefined;
  return adapter ? { ...adapters, [key]: crashing(adapter) } : adapters;
});
