import type { Output } from "./evaluate-pipe.ts";
import { printValue } from "./print-value.ts";
import { OutputLimitError } from "./output-limit.ts";

/** Text as it is: for log lines, never for a page. */
export class TextOutput implements Output {
  readonly escapes = false;
  #written = "";

  get written(): string {
    return this.#written;
  }

  text(text: string): void {
    this.#written += text;
    OutputLimitError.check(this.#written.length);
  }

  value(value: Parameters<Output["value"]>[0]): void {
    this.text(value === undefined ? "<no value>" : printValue(value));
  }
}
