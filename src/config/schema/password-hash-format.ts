const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const ARGON2ID = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}$/;

/**
 * A bcrypt hash of cost 10 to 16, or an argon2id PHC string with at most 1 GiB, 16 passes and 16 lanes.
 *
 * Cheaper bcrypt is guessed too fast; beyond the upper bounds one login would occupy the process.
 */
export function isPasswordHash(value: string): boolean {
  const cost = BCRYPT.exec(value)?.[1];
  if (cost !== undefined) return isBetween(Number(cost), 10, 16);
  const [, memory, passes, lanes] = ARGON2ID.exec(value) ?? [];
  if (memory === undefined) return false;
  return (
    isBetween(Number(lanes), 1, 16) &&
    isBetween(Number(passes), 1, 16) &&
    isBetween(Number(memory), 8 * Number(lanes), 1_048_576)
  );
}

function isBetween(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}
