/** A template that cannot be parsed or rendered. The message begins with `template: NAME:LINE:` and holds no value. */
export class TemplateError extends Error {
  constructor(place: Place, message: string) {
    super(`template: ${place.template}:${place.line}: ${message}`);
    this.name = "TemplateError";
  }
}

/** Where something stands in a source. */
export interface Place {
  readonly template: string;
  /** From 1. */
  readonly line: number;
}
