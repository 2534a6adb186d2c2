import type { Collection, Singleton } from "../ports.ts";
import { StoreError } from "../store-error.ts";

/** One kind of thing that is done with a database. `name` is a metrics label. */
export interface Operation {
  readonly name: string;
  readonly writes: boolean;
}

type CollectionOperation = "find" | "list" | "create" | "replace" | "remove";

/** What is done with a collection. */
export function collectionOperations(label: string): Readonly<Record<CollectionOperation, Operation>> {
  return {
    find: { name: `${label}.find`, writes: false },
    list: { name: `${label}.list`, writes: false },
    create: { name: `${label}.create`, writes: true },
    replace: { name: `${label}.replace`, writes: true },
    remove: { name: `${label}.remove`, writes: true },
  };
}

/** The one object of a collection that can hold one. */
export function singletonOf<T>(collection: Collection<T>, key: string): Singleton<T> {
  return {
    find: () => collection.find(key),
    replace: (current, next) =>
      current === undefined ? isCreated(collection, next) : collection.replace(current, next),
  };
}

async function isCreated<T>(collection: Collection<T>, value: T): Promise<boolean> {
  try {
    await collection.create(value);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.reason === "conflict") return false;
    throw error;
  }
}
