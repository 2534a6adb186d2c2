/**
 * Take a lease, keep it, or leave it to its holder, as one statement.
 * Parameters: name, holder, end, now. A row is changed when the lease is the holder's now.
 */
export function acquireLeaseSql(placeholder: (index: number) => string): string {
  return (
    `INSERT INTO gatehouse_lease (name, holder, expires_at) VALUES (${[1, 2, 3].map(placeholder).join(", ")}) ` +
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at " +
    `WHERE gatehouse_lease.holder = excluded.holder OR gatehouse_lease.expires_at <= ${placeholder(4)}`
  );
}

/** Parameters: name, holder. */
export function releaseLeaseSql(placeholder: (index: number) => string): string {
  return `DELETE FROM gatehouse_lease WHERE name = ${placeholder(1)} AND holder = ${placeholder(2)}`;
}
