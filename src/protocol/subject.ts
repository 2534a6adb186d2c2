import { decodeStrings, encodeStrings } from "./string-message.ts";

/** Who a `sub` stands for. */
export interface Subject {
  readonly userId: string;
  readonly connectorId: string;
}

/** The `sub` claim: both ids in one opaque text, unique over connectors, as dex encodes it. */
export function encodeSubject({ userId, connectorId }: Subject): string {
  return Buffer.from(encodeStrings([userId, connectorId])).toString("base64url");
}

/** @returns undefined when the text is no subject of ours. */
export function decodeSubject(subject: string): Subject | undefined {
  const [userId, connectorId] = decodeStrings(Buffer.from(subject, "base64url"), 2) ?? [];
  return userId === undefined || connectorId === undefined ? undefined : { userId, connectorId };
}
