import type { EnvironmentPage } from '../../../services/environment-service.ts';
import type { EncodeEnvironment } from './environment-response.ts';

interface EncodedPage {
  readonly page: EnvironmentPage;
  readonly bytes: Buffer;
}

/**
 * A page of the list as JSON. It is put together of its environments' texts, and used again for as long as the store
 * answers with the same items: copying them is most of what the endpoint would cost.
 */
export function createPageEncoder(encode: EncodeEnvironment): (page: EnvironmentPage) => Buffer {
  const known = new WeakMap<EnvironmentPage['items'], EncodedPage>();
  return (page) => {
    const { items, nextCursor, total, position } = page;
    const before = known.get(items);
    if (before?.page.nextCursor === nextCursor && before.page.total === total && before.page.position === position) {
      return before.bytes;
    }
    const texts = items.map(({ record }) => encode(record));
    const rest = JSON.stringify({ next_cursor: nextCursor, total, position });
    const bytes = Buffer.from(`{"items":[${texts.join(',')}],${rest.slice(1)}`);
    known.set(items, { page, bytes });
    return bytes;
  };
}
