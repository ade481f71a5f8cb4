import type { KubernetesObject, ObjectMeta, ObjectRef } from './objects.ts';

export interface ObjectChange<T> {
  readonly type: 'added' | 'modified' | 'deleted';
  /** As it is now; of a deleted one, as it was last seen. */
  readonly object: T;
}

/** What an informer knows, by namespace and name. */
export interface ObjectStore<T extends KubernetesObject> {
  get(ref: ObjectRef): T | undefined;
  values(): IterableIterator<T>;
  readonly size: number;
}

export interface WritableObjectStore<T extends KubernetesObject> extends ObjectStore<T> {
  put(object: T): void;
  remove(object: T): void;
  /** Makes it hold exactly these, and tells what that changed. */
  replace(objects: readonly T[]): void;
}

/** @param onChange is told of everything that is not as it was before */
export function createObjectStore<T extends KubernetesObject>(
  onChange: (change: ObjectChange<T>) => void,
): WritableObjectStore<T> {
  let objects = new Map<string, T>();

  function tell(object: T, before: T | undefined): void {
    if (before === undefined) onChange({ type: 'added', object });
    else if (before.metadata.uid !== object.metadata.uid) {
      onChange({ type: 'deleted', object: before });
      onChange({ type: 'added', object });
    } else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) {
      onChange({ type: 'modified', object });
    }
  }

  return {
    get: (ref) => objects.get(keyOf(ref)),
    values: () => objects.values(),
    get size() {
      return objects.size;
    },
    put(object) {
      const key = keyOf(object.metadata);
      const before = objects.get(key);
      objects.set(key, object);
      tell(object, before);
    },
    remove(object) {
      if (objects.delete(keyOf(object.metadata))) onChange({ type: 'deleted', object });
    },
    replace(listed) {
      const before = objects;
      objects = new Map(listed.map((object) => [keyOf(object.metadata), object]));
      for (const [key, object] of objects) tell(object, before.get(key));
      for (const [key, object] of before) if (!objects.has(key)) onChange({ type: 'deleted', object });
    },
  };
}

function keyOf({ namespace, name }: ObjectRef | ObjectMeta): string {
  return `${namespace ?? ''}/${name}`;
}
