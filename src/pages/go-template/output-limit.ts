/** A rendering that writes more than any page or line needs (a loop): it must not fill the memory. */
export class OutputLimitError extends Error {
  constructor() {
    super(`template: the output is longer than ${MAX_LENGTH} characters`);
    this.name = "OutputLimitError";
  }

  static check(length: number): void {
    if (length > MAX_LENGTH) throw new OutputLimitError();
  }
}

/** Room for a page with its logo inline. */
const MAX_LENGTH = 8 * 1024 * 1024;
