import { type Client, type Filter, ResultCodeError } from "ldapts";
import type { LdapUpstream } from "../../../config/dex-connector-configuration.ts";
import { ConnectorError } from "../../connector-error.ts";
import { unreachable } from "../../oidc/upstream-request.ts";
import { entryOf, type LdapEntry } from "./entry.ts";
import { clientOf, openSocket } from "./open-socket.ts";

/** A connection to a directory, bound as the configured service until somebody else's password is tried. */
export interface Directory {
  search(query: DirectoryQuery): Promise<readonly LdapEntry[]>;
  /**
   * Is this the password of that entry? Whoever asks is bound as nobody in particular afterwards.
   * @param password not empty.
   */
  isPassword(dn: string, password: string): Promise<boolean>;
}

export interface DirectoryQuery {
  readonly baseDn: string;
  readonly scope: "base" | "one" | "sub";
  readonly filter: Filter;
  /** Absent or empty ones are left out. */
  readonly attributes: readonly string[];
  /** Absent = as many as the directory gives. */
  readonly sizeLimit?: number;
}

/** An operation takes at most this long. */
const OPERATION_MS = 30_000;
/** RFC 4511 §4.1.9 */
const CONSTRAINT_VIOLATION = 19;
export const NO_SUCH_OBJECT = 32;
const INVALID_CREDENTIALS = 49;

/** ldapts reads texts without a byte order mark, which would make two ids one. The attributes in this list it gives as bytes. */
const EVERY_ATTRIBUTE: string[] = Object.assign([], { includes: () => true });

/**
 * Open a connection, bind as the service, do something, and close it whatever happens.
 *
 * @throws {ConnectorError} what `work` throws; `unreachable` for everything else, such as a service whose password is wrong:
 *   that is never a person's fault, and ends no session.
 */
export async function withDirectory<T>(upstream: LdapUpstream, work: (directory: Directory) => Promise<T>): Promise<T> {
  try {
    const client = clientOf(await openSocket(upstream), OPERATION_MS);
    try {
      await bindService(client, upstream);
      return await work(directoryOf(client));
    } finally {
      void client.unbind().catch(() => undefined); // it is closed then
    }
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    throw unreachable(`the directory ${upstream.host}:${upstream.port}: ${reasonOf(error)}`);
  }
}

export function hasResultCode(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof ResultCodeError && codes.includes(error.code);
}

async function bindService(client: Client, { bindDn, bindPassword }: LdapUpstream): Promise<void> {
  const password = bindPassword.reveal();
  if (bindDn !== "" && password === "") throw new Error("bindPW is empty, and a bind without password proves nothing");
  await client.bind(bindDn, password).catch((error: unknown) => {
    throw new Error(`cannot bind as ${bindDn === "" ? "anonymous" : bindDn}: ${reasonOf(error)}`);
  });
}

function directoryOf(client: Client): Directory {
  return {
    async search({ baseDn, scope, filter, attributes, sizeLimit }) {
      const { searchEntries } = await client.search(baseDn, {
        scope,
        filter,
        // DN is no attribute: asked for, it could come as one and take the place of the entry's name.
        attributes: [...new Set(attributes)].filter((name) => name !== "" && name.toLowerCase() !== "dn"),
        explicitBufferAttributes: EVERY_ATTRIBUTE,
        ...(sizeLimit !== undefined && { sizeLimit }),
      });
      return searchEntries.map(entryOf);
    },
    async isPassword(dn, password) {
      try {
        await client.bind(dn, password);
        return true;
      } catch (error) {
        if (hasResultCode(error, INVALID_CREDENTIALS, CONSTRAINT_VIOLATION)) return false;
        throw new Error(`cannot bind as ${dn}: ${reasonOf(error)}`, { cause: error });
      }
    },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}
