/** Ask again until the answer is there (anything but undefined and false); throws after `seconds`, by default 30. */
export async function until<Value>(
  what: string,
  ask: () => Value | Promise<Value>,
  seconds = 30,
): Promise<Exclude<Value, undefined | false>> {
  for (let tries = 0; tries < seconds * 20; tries += 1) {
    const value = await ask();
    // `Exclude` of a generic is not narrowed by the comparison.
    if (value !== undefined && value !== false) return value as Exclude<Value, undefined | false>;
    await Bun.sleep(50);
  }
  throw new Error(`waited in vain for ${what}`);
}
