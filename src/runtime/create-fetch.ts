import { getCACertificates } from "node:tls";

/** TLS towards an upstream: the configuration's `UpstreamTrust`. */
export interface Trust {
  /** PEM texts. */
  readonly authorities: readonly string[];
  /** Believe the system's authorities besides. */
  readonly useSystemTrustStore: boolean;
  /** Believe any certificate. */
  readonly insecureSkipVerify: boolean;
}

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Identity providers answer within moments or not at all. */
const TIMEOUT_SECONDS = 30;

/**
 * A `fetch` that believes certain authorities only and gives up in time.
 *
 * @param trust absent = the runtime's authorities.
 * @param timeoutSeconds for the whole exchange, the body included. Default 30.
 * @throws what `fetch` throws; a `DOMException` `TimeoutError` when it took too long.
 */
export function createFetch(trust: Trust | undefined, timeoutSeconds: number = TIMEOUT_SECONDS): Fetch {
  const tls = trust === undefined ? {} : { tls: tlsOptions(trust) };
  return (url, init = {}) => {
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    const { signal } = init;
    return fetch(url, {
      ...init,
      ...tls,
      signal: signal === undefined || signal === null ? timeout : AbortSignal.any([signal, timeout]),
    });
  };
}

function tlsOptions({ authorities, useSystemTrustStore, insecureSkipVerify }: Trust): BunFetchRequestInitTLS {
  if (authorities.length === 0) return { rejectUnauthorized: !insecureSkipVerify };
  return { ca: [...authoritiesOf({ authorities, useSystemTrustStore })], rejectUnauthorized: !insecureSkipVerify };
}

/** PEM texts of everybody who is believed, where it is not only the system's store. */
export function authoritiesOf({
  authorities,
  useSystemTrustStore,
}: Omit<Trust, "insecureSkipVerify">): readonly string[] {
  return useSystemTrustStore ? [...authorities, ...systemAuthorities()] : authorities;
}

/** The system's store; an image without one has what the runtime brings. */
function systemAuthorities(): readonly string[] {
  const system = getCACertificates("system");
  return system.length > 0 ? system : getCACertificates("bundled");
}
