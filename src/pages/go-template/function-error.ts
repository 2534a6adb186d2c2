/** Arguments that a template's function does not take. The evaluator adds where. */
export class FunctionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FunctionError";
  }
}
