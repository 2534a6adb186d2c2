import { createDecipheriv, createHmac } from "node:crypto";

/**
 * A second reader of oauth2-proxy's formats, written from their description and sharing nothing with `src/`: what is written there is
 * read back here. It only knows what such sessions hold, and throws at anything else.
 */
export interface ReadBack {
  readonly signedAt: number;
  readonly content: unknown;
}

/** A session cookie: signature, AES-CFB, LZ4 frame, MessagePack. The secret has 16 or 32 characters and decodes to no key. */
export function readSessionCookie(name: string, secret: string, value: string): ReadBack {
  const { payload, signedAt } = readSigned(name, secret, value);
  return { signedAt, content: readMessage(readFrame(decrypt(secret, payload))) };
}

/** A CSRF cookie: signature, AES-CFB, MessagePack. */
export function readCsrfCookie(name: string, secret: string, value: string): ReadBack {
  const { payload, signedAt } = readSigned(name, secret, value);
  return { signedAt, content: readMessage(decrypt(secret, payload)) };
}

/** A ticket cookie: signature, `v2.ID.SECRET`. */
export function readTicketCookie(name: string, secret: string, value: string): { id: string; key: Buffer } {
  const [version, id = "", key = ""] = readSigned(name, secret, value).payload.toString().split(".");
  if (version !== "v2") throw new Error(`version ${version}`);
  return { id: Buffer.from(id, "base64url").toString(), key: Buffer.from(key, "base64url") };
}

/** What lies under a ticket's id: AES-GCM, MessagePack. */
export function readTicketValue(key: Buffer, value: Uint8Array): unknown {
  const bytes = Buffer.from(value);
  const decipher = createDecipheriv("aes-128-gcm", key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(bytes.length - 16));
  return readMessage(Buffer.concat([decipher.update(bytes.subarray(12, bytes.length - 16)), decipher.final()]));
}

function readSigned(name: string, secret: string, value: string): { payload: Buffer; signedAt: number } {
  const [payload = "", seconds = "", signature = ""] = value.split("|");
  const expected = createHmac("sha256", secret).update(`${name}${payload}${seconds}`).digest("base64");
  if (signature !== expected.replaceAll("+", "-").replaceAll("/", "_")) throw new Error("signature");
  if (payload.length % 4 !== 0) throw new Error("padding");
  return { payload: Buffer.from(payload, "base64url"), signedAt: Number(seconds) };
}

function decrypt(secret: string, payload: Buffer): Buffer {
  const decipher = createDecipheriv(`aes-${secret.length * 8}-cfb`, secret, payload.subarray(0, 16));
  return Buffer.concat([decipher.update(payload.subarray(16)), decipher.final()]);
}

function readFrame(frame: Buffer): Buffer {
  if (frame.readUInt32LE(0) !== 0x184d2204) throw new Error("no LZ4 frame");
  const blocks: Buffer[] = [];
  let at = 7;
  for (let size = frame.readUInt32LE(at); size !== 0; size = frame.readUInt32LE(at)) {
    const length = size & 0x7fffffff;
    const block = frame.subarray(at + 4, at + 4 + length);
    blocks.push(size >>> 31 === 1 ? block : readBlock(block));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

function readBlock(block: Buffer): Buffer {
  const out: number[] = [];
  let at = 0;
  const more = (short: number): number => {
    let length = short;
    for (let byte = short === 15 ? 255 : 0; byte === 255; length += byte) byte = block[at++] ?? 0;
    return length;
  };
  while (at < block.length) {
    const token = block[at++] ?? 0;
    for (let left = more(token >> 4); left > 0; left -= 1) out.push(block[at++] ?? 0);
    if (at >= block.length) break;
    const offset = block.readUInt16LE(at);
    at += 2;
    for (let left = more(token & 15) + 4; left > 0; left -= 1) out.push(out[out.length - offset] ?? 0);
  }
  return Buffer.from(out);
}

function readMessage(bytes: Buffer): unknown {
  let at = 0;
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  const items = (count: number): unknown[] => Array.from({ length: count }, () => read());
  const map = (count: number): unknown => Object.fromEntries(Array.from({ length: count }, () => [read(), read()]));
  const byHead: Readonly<Record<number, () => unknown>> = {
    0xc0: () => null,
    0xc2: () => false,
    0xc3: () => true,
    0xc4: () => take(take(1).readUInt8()).toString("hex"),
    0xd6: () => ({ type: take(1).readInt8(), seconds: take(4).readUInt32BE() }),
    0xce: () => take(4).readUInt32BE(),
    0xd9: () => take(take(1).readUInt8()).toString(),
    0xda: () => take(take(2).readUInt16BE()).toString(),
    0xdc: () => items(take(2).readUInt16BE()),
  };
  const read = (): unknown => {
    const head = take(1).readUInt8();
    if (head < 0x80) return head;
    if (head < 0x90) return map(head & 15);
    if (head < 0xa0) return items(head & 15);
    if (head < 0xc0) return take(head & 31).toString();
    const reader = byHead[head];
    if (reader === undefined) throw new Error(`head ${head}`);
    return reader();
  };
  const value = read();
  if (at !== bytes.length) throw new Error("more than one message");
  return value;
}
