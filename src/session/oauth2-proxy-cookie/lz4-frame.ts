import { compressBlock, decompressBlock } from "./lz4-block.ts";
import { uint32At, xxh32 } from "./xxh32.ts";

const MAGIC = 0x184d2204;
/** A size with this bit set stands before a block that is stored as it is. */
const STORED = 0x80000000;
/** What this program writes: version 1, independent blocks, content checksum; blocks of at most 64 KiB. */
const DESCRIPTOR = Uint8Array.of(0x64, 0x40);
const BLOCK_SIZE = 64 * 1024;
const BLOCK_SIZES: Readonly<Record<number, number>> = {
  4: 64 * 1024,
  5: 256 * 1024,
  6: 1024 * 1024,
  7: 4 * 1024 * 1024,
};

/** Decoded sizes beyond this are refused: a small frame can stand for gigabytes. */
const MAX_CONTENT = 1024 * 1024;

/**
 * Write an LZ4 frame: blocks of 64 KiB, each compressed where that makes it smaller, and a content checksum.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function encodeLz4Frame(content: Uint8Array): Uint8Array {
  const parts = [uint32(MAGIC), DESCRIPTOR, Uint8Array.of(headerChecksum(DESCRIPTOR))];
  for (let start = 0; start < content.length; start += BLOCK_SIZE) {
    const block = content.subarray(start, start + BLOCK_SIZE);
    const compressed = compressBlock(block);
    parts.push(
      uint32(compressed === undefined ? (block.length | STORED) >>> 0 : compressed.length),
      compressed ?? block,
    );
  }
  parts.push(uint32(0), uint32(xxh32(content)));
  return Buffer.concat(parts);
}

/**
 * Read an LZ4 frame, of any writer: linked blocks, block checksums, content size and content checksum are understood
 * and every checksum is verified.
 *
 * @returns undefined when the frame is damaged, incomplete, followed by something, needs a dictionary, or holds more
 *   than 1 MiB.
 */
export function decodeLz4Frame(frame: Uint8Array): Uint8Array | undefined {
  const header = readHeader(frame);
  if (header === undefined) return undefined;
  const bound = contentBound(frame, header);
  // What tokens and addresses make of a frame is seldom longer than this; more room costs more than all of the rest.
  for (let room = frame.length * USUAL_RATIO; room < bound; room *= USUAL_RATIO * USUAL_RATIO) {
    const content = decodeInto(new Uint8Array(room), frame, header);
    if (content !== undefined) return content;
  }
  return decodeInto(new Uint8Array(bound), frame, header);
}

const USUAL_RATIO = 4;

/** @returns what was decoded, a part of the output; undefined also when it does not fit. */
function decodeInto(output: Uint8Array, frame: Uint8Array, header: FrameHeader): Uint8Array | undefined {
  let at = header.length;
  let end = 0;
  for (;;) {
    if (at + 4 > frame.length) return undefined;
    const size = uint32At(frame, at);
    at += 4;
    if (size === 0) break;
    const length = size & ~STORED;
    const next = at + length + (header.hasBlockChecksums ? 4 : 0);
    if (length > header.maxBlockSize || next > frame.length) return undefined;
    const block = frame.subarray(at, at + length);
    if (header.hasBlockChecksums && uint32At(frame, at + length) !== xxh32(block)) return undefined;
    const blockEnd = size >= STORED ? store(block, output, end) : unpack(block, output, end, header);
    if (blockEnd === undefined) return undefined;
    [at, end] = [next, blockEnd];
  }
  return finish(frame, at, output.subarray(0, end), header);
}

interface FrameHeader {
  readonly length: number;
  readonly hasLinkedBlocks: boolean;
  readonly hasBlockChecksums: boolean;
  readonly hasContentChecksum: boolean;
  readonly contentSize: number | undefined;
  readonly maxBlockSize: number;
}

function readHeader(frame: Uint8Array): FrameHeader | undefined {
  if (frame.length < 7 || uint32At(frame, 0) !== MAGIC) return undefined;
  const [flags = 0, sizes = 0] = frame.subarray(4, 6);
  const maxBlockSize = BLOCK_SIZES[(sizes >> 4) & 7];
  const hasContentSize = (flags & 0b1000) !== 0;
  const length = hasContentSize ? 15 : 7;
  if (!isUnderstood(flags, sizes) || maxBlockSize === undefined || frame.length < length) return undefined;
  if (frame[length - 1] !== headerChecksum(frame.subarray(4, length - 1))) return undefined;
  return {
    length,
    hasLinkedBlocks: (flags & 0b100000) === 0,
    hasBlockChecksums: (flags & 0b10000) !== 0,
    hasContentChecksum: (flags & 0b100) !== 0,
    contentSize: hasContentSize ? Number(viewOf(frame).getBigUint64(6, true)) : undefined,
    maxBlockSize,
  };
}

/** Version 1, no dictionary, reserved bits clear. */
function isUnderstood(flags: number, sizes: number): boolean {
  return flags >> 6 === 1 && (flags & 0b11) === 0 && (sizes & 0x8f) === 0;
}

/** LZ4 makes 255 bytes of one at best, so a small frame needs no large buffer. */
function contentBound(frame: Uint8Array, header: FrameHeader): number {
  return Math.min(MAX_CONTENT, frame.length * 255, header.contentSize ?? MAX_CONTENT);
}

function store(block: Uint8Array, output: Uint8Array, end: number): number | undefined {
  if (end + block.length > output.length) return undefined;
  output.set(block, end);
  return end + block.length;
}

function unpack(block: Uint8Array, output: Uint8Array, end: number, header: FrameHeader): number | undefined {
  const room = output.subarray(0, Math.min(output.length, end + header.maxBlockSize));
  return decompressBlock(block, room, end, header.hasLinkedBlocks ? 0 : end);
}

function finish(frame: Uint8Array, at: number, content: Uint8Array, header: FrameHeader): Uint8Array | undefined {
  if (frame.length !== at + (header.hasContentChecksum ? 4 : 0)) return undefined;
  if (header.contentSize !== undefined && header.contentSize !== content.length) return undefined;
  if (header.hasContentChecksum && uint32At(frame, at) !== xxh32(content)) return undefined;
  return content;
}

function headerChecksum(descriptor: Uint8Array): number {
  return (xxh32(descriptor) >> 8) & 0xff;
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
