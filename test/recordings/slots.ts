/** Lets so many pieces of work go on side by side. */
export interface Slots {
  /** Do work once there is room. While it waits in `pause`, other work goes on in its place. */
  use<Result>(work: (pause: (milliseconds: number) => Promise<void>) => Promise<Result>): Promise<Result>;
}

export function slots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  /** Work that goes on after a pause comes before work that has not begun. */
  const acquire = async (comesFirst: boolean): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve) => (comesFirst ? waiting.unshift(resolve) : waiting.push(resolve)));
  };
  const pause = async (milliseconds: number): Promise<void> => {
    release();
    await Bun.sleep(milliseconds);
    await acquire(true);
  };
  return {
    use: async (work) => {
      await acquire(false);
      try {
        return await work(pause);
      } finally {
        release();
      }
    },
  };
}
