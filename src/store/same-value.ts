/**
 * Are two stored objects the same, field by field? The comparison behind {@link Collection.replace} and
 * {@link Collection.remove}. An absent field equals an undefined one; bytes are compared by content.
 */
export function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (left instanceof Uint8Array || right instanceof Uint8Array) return sameBytes(left, right);
  if (Array.isArray(left) || Array.isArray(right)) return sameList(left, right);
  return sameFields(left, right);
}

function sameBytes(left: object, right: object): boolean {
  if (!(left instanceof Uint8Array) || !(right instanceof Uint8Array)) return false;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function sameList(left: object, right: object): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return false;
  return left.length === right.length && left.every((item, index) => sameValue(item, right[index]));
}

function sameFields(left: object, right: object): boolean {
  // Stored objects are plain records; reading a name that one of them lacks gives undefined, which is what is compared.
  const a = left as Readonly<Record<string, unknown>>;
  const b = right as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(a)) if (!sameValue(a[name], b[name])) return false;
  for (const name of Object.keys(b)) if (b[name] !== undefined && a[name] === undefined) return false;
  return true;
}
