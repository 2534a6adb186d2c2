import { STATUS_CODES } from "node:http";

/** Go's name of a status, which the original's templates show; empty for one that it does not know. */
export function statusTitle(status: number): string {
  return OTHERWISE_IN_GO[status] ?? STATUS_CODES[status] ?? "";
}

const OTHERWISE_IN_GO: Readonly<Record<number, string>> = {
  413: "Request Entity Too Large",
  414: "Request URI Too Long",
  416: "Requested Range Not Satisfiable",
  418: "I'm a teapot",
};
