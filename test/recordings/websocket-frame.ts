import type { ByteReader } from "./byte-reader.ts";

/** A text message in one frame; a client's is masked, here with zeros. RFC 6455 §5.2 */
export function textFrame(text: string, masked = false): Buffer {
  const data = Buffer.from(text);
  const flag = masked ? 0x80 : 0;
  const head = data.length < 126 ? [0x81, flag | data.length] : [0x81, flag | 126, data.length >> 8, data.length & 255];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(masked ? 4 : 0), data]);
}

/** Read one frame's text, of at most 65535 bytes. Rejects when the connection ends before. RFC 6455 §5.2 */
export async function readTextFrame(reader: ByteReader): Promise<string> {
  const head = await exactly(reader, 2);
  const [, second = 0] = head;
  const short = second & 127;
  const size = short === 126 ? (await exactly(reader, 2)).readUInt16BE() : short;
  const mask = second & 128 ? await exactly(reader, 4) : Buffer.alloc(4);
  const data = await exactly(reader, size);
  return Buffer.from(data.map((byte, index) => byte ^ (mask[index % 4] ?? 0))).toString();
}

async function exactly(reader: ByteReader, count: number): Promise<Buffer> {
  const bytes = await reader.bytes(count);
  if (bytes.length < count) throw new Error("the connection ended in the middle of a frame");
  return bytes;
}
