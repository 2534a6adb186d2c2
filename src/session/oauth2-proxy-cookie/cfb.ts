import { createCipheriv } from "node:crypto";

const BLOCK = 16;

/**
 * Encrypt with AES in CFB-128 mode (NIST SP 800-38A §6.3): the initialisation vector, then the ciphertext, as long as
 * the plaintext. No authentication: sign the result.
 *
 * Made of single AES blocks, because not every runtime has `aes-192-cfb`.
 *
 * @param key 16, 24 or 32 bytes.
 * @param iv 16 random bytes, never used twice.
 */
export function encryptCfb(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const aes = blockCipher(key);
  const output = new Uint8Array(BLOCK + plaintext.length);
  output.set(iv);
  for (let start = 0; start < plaintext.length; start += BLOCK) {
    const keyStream = aes.update(output.subarray(start, start + BLOCK)); // the ciphertext block before this one
    const end = Math.min(start + BLOCK, plaintext.length);
    for (let at = start; at < end; at += 1) output[at + BLOCK] = (plaintext[at] ?? 0) ^ (keyStream[at - start] ?? 0);
  }
  return output;
}

/**
 * Decrypt what {@link encryptCfb} made.
 *
 * @returns undefined when there is not even an initialisation vector.
 */
export function decryptCfb(key: Uint8Array, encrypted: Uint8Array): Uint8Array | undefined {
  if (encrypted.length < BLOCK) return undefined;
  const length = encrypted.length - BLOCK;
  // Each block is masked with the encrypted block before it; those are all known, so one call makes all masks.
  const blocks = encrypted.subarray(0, Math.ceil(length / BLOCK) * BLOCK);
  const keyStream = blockCipher(key).update(blocks);
  const plaintext = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) plaintext[at] = (encrypted[at + BLOCK] ?? 0) ^ (keyStream[at] ?? 0);
  return plaintext;
}

function blockCipher(key: Uint8Array) {
  return createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
}
