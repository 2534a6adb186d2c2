/** Lets so many pieces of work go on side by side. */
export interface Slots {
  /**
   * Do work once there is room. While it waits in `pause`, other work goes on in its place; then it goes on at once, even
   * beside more work than there is room for, because recordings rely on how long they wait.
   */
  use<Result>(work: (pause: (milliseconds: number) => Promise<void>) => Promise<Result>): Promise<Result>;
}

export function slots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  const begin = async (): Promise<void> => {
    if (free <= 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
  };
  const end = (): void => {
    const next = free < 0 ? undefined : waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const pause = async (milliseconds: number): Promise<void> => {
    end();
    await Bun.sleep(milliseconds);
    free -= 1;
  };
  return {
    use: async (work) => {
      await begin();
      try {
        return await work(pause);
      } finally {
        end();
      }
    },
  };
}
