import { decodeStrings, encodeStrings } from "./string-message.ts";

/** The halves of a refresh token: which row, and the secret that is compared with it. */
export interface RefreshTokenParts {
  readonly id: string;
  readonly token: string;
}

/** The refresh token that a client holds, as dex encodes it. */
export function encodeRefreshToken({ id, token }: RefreshTokenParts): string {
  return Buffer.from(encodeStrings([id, token])).toString("base64url");
}

/** Whatever does not decode is taken for the bare id of very old dex versions, with an empty secret. */
export function parseRefreshToken(text: string): RefreshTokenParts {
  const [id, token] = /^[\w-]+$/.test(text) ? (decodeStrings(Buffer.from(text, "base64url"), 2) ?? []) : [];
  return id === undefined || token === undefined || id === "" ? { id: text, token: "" } : { id, token };
}
