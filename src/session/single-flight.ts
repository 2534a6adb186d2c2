/** One piece of work a key at a time in this process; all who wait get the same result. */
export interface SingleFlight<T> {
  /** Join what runs under this key, or start `work`. A failure is everybody's too. */
  join(key: string, work: () => Promise<T>): Promise<T>;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const inFlight = new Map<string, Promise<T>>();
  return {
    join(key, work) {
      const running = inFlight.get(key);
      if (running !== undefined) return running;
      const started = work().finally(() => inFlight.delete(key));
      inFlight.set(key, started);
      return started;
    },
  };
}
