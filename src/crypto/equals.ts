import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Compare two secrets without telling by the time taken where they differ or how long they are.
 * Both are hashed first, so their lengths may differ.
 */
export function constantTimeEquals(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
