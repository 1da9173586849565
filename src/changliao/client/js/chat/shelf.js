// What this browser keeps of one's conversations, so that they can be read offline and nothing typed is lost.
// A browser that forbids it simply forgets.
const STORES = ["meta", "rows", "tails", "posts"];

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function named(person) {
  return `changliao-${person}`;
}

/** `openShelf(person)`: `all(store)`, `one(store, key)`, `change(puts, drops)`, `clear(stores)`, `close()`. */
export async function openShelf(person) {
  let db = null;
  try {
    const request = indexedDB.open(named(person), 1);
    request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
    db = await asked(request);
    db.onversionchange = () => db.close();
  } catch {
    // A private window, or no room: the app works, it only forgets.
  }
  const safely = async (work, otherwise) => {
    if (!db) return otherwise;
    try {
      return await work();
    } catch {
      return otherwise;
    }
  };
  const write = (work) => safely(() => new Promise((resolve, reject) => {
    const move = db.transaction(STORES, "readwrite");
    work(move);
    move.oncomplete = resolve;
    move.onabort = () => reject(move.error);
  }));
  return {
    all: (store) => safely(() => asked(db.transaction(store).objectStore(store).getAll()), []),
    one: (store, key) => safely(() => asked(db.transaction(store).objectStore(store).get(key)), undefined),
    /** Put `[store, key, value]`s and drop `[store, key]`s, all or nothing. */
    change: (puts, drops = []) => write((move) => {
      for (const [store, key, value] of puts) move.objectStore(store).put(value, key);
      for (const [store, key] of drops) move.objectStore(store).delete(key);
    }),
    clear: (stores) => write((move) => stores.forEach((store) => move.objectStore(store).clear())),
    close: () => db?.close(),
  };
}

/** Forget everything of this person in this browser. */
export function burnShelf(person) {
  return asked(indexedDB.deleteDatabase(named(person))).catch(() => {});
}
