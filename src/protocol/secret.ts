import { inspect } from "node:util";

const MASK = "********";

/**
 * A secret value that does not leak by accident: printing, logging or serialising it shows a mask.
 * Only {@link Secret.reveal} gives the value.
 */
export class Secret {
  readonly #value: string | (() => string);

  /** @param value the value itself, or how to look it up each time, for one that changes while we run. */
  constructor(value: string | (() => string)) {
    this.#value = value;
  }

  /** The value itself. Never log what this returns. */
  reveal(): string {
    return typeof this.#value === "string" ? this.#value : this.#value();
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
