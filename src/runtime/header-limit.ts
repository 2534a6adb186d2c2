import http from "node:http";

/**
 * Set how long the header block of a request may be, in bytes, for the whole process and all its listeners; a longer one gets 431.
 * The parser's own setting, which is otherwise taken from the command line (`--max-http-header-size`).
 */
export function setHeaderLimit(bytes: number): void {
  Object.assign(http, { maxHeaderSize: bytes });
}
