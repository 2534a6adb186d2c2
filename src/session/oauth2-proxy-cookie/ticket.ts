import { createCipheriv, createDecipheriv } from "node:crypto";

import { type OriginalSession, type SessionCodecDeps, packSession, unpackSession } from "./session-codec.ts";

/** What the cookie holds of a session that lies in Redis. It is signed like any cookie, and not encrypted. */
export interface Ticket {
  /** The key in Redis: the cookie's name, a dash and 32 hexadecimal digits. */
  readonly id: string;
  /** 16 bytes, the AES key of the stored value. */
  readonly secret: Uint8Array;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_BYTES = 16;

export function createTicket(random: SessionCodecDeps["random"], cookieName: string): Ticket {
  return { id: `${cookieName}-${Buffer.from(random(16)).toString("hex")}`, secret: random(SECRET_BYTES) };
}

/** `v2.ID.SECRET`, both parts base64url. */
export function encodeTicket({ id, secret }: Ticket): Uint8Array {
  return Buffer.from(`v2.${Buffer.from(id).toString("base64url")}.${Buffer.from(secret).toString("base64url")}`);
}

/**
 * A ticket as it is written, or as older versions wrote it: `ID.SECRET` with the id in clear.
 *
 * The id has to be one that was made for this cookie: the signature covers name, value and time without a border between
 * them, and no other key of Redis is anybody's session.
 *
 * @returns undefined for anything else.
 */
export function parseTicket(payload: Uint8Array, cookieName: string): Ticket | undefined {
  const text = Buffer.from(payload).toString("latin1");
  // From the end: a name may have dots in it.
  const [, version, idText = "", secretText = ""] = /^(v2\.)?(.+)\.([\w-]+)$/s.exec(text) ?? [];
  const id = version === undefined ? idText : (fromBase64Url(idText)?.toString("latin1") ?? "");
  const secret = fromBase64Url(secretText);
  if (secret?.length !== SECRET_BYTES || !id.startsWith(`${cookieName}-`)) return undefined;
  return /^[0-9a-f]{32}$/.test(id.slice(cookieName.length + 1)) ? { id, secret } : undefined;
}

/** What is stored under a ticket's id: AES-128-GCM over MessagePack, as nonce, ciphertext and tag. */
export function sealTicketValue(
  random: SessionCodecDeps["random"],
  { secret }: Ticket,
  session: OriginalSession,
): Uint8Array {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv("aes-128-gcm", secret, nonce);
  return Buffer.concat([nonce, cipher.update(packSession(session)), cipher.final(), cipher.getAuthTag()]);
}

/** @returns undefined when the value is too short, was not sealed for this ticket, or is no session. Never throws. */
export function openTicketValue({ secret }: Ticket, value: Uint8Array): OriginalSession | undefined {
  if (value.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv("aes-128-gcm", secret, value.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(value.subarray(-TAG_BYTES));
  const begun = decipher.update(value.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return unpackSession(Buffer.concat([begun, decipher.final()]));
  } catch {
    return undefined; // the tag does not fit
  }
}

/** Strict, and without padding. */
function fromBase64Url(text: string): Buffer | undefined {
  return /^[\w-]+$/.test(text) && text.length % 4 !== 1 ? Buffer.from(text, "base64url") : undefined;
}
