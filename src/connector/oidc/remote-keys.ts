import { createLocalJWKSet } from "jose";
import type { Clock } from "../../protocol/clock.ts";
import type { KeySet, KeySource } from "./key-source.ts";
import { askUpstream, type Fetch, isRecord, parseJson, unreachable } from "./upstream-request.ts";

export interface RemoteKeysDeps {
  readonly clock: Clock;
  readonly fetch: Fetch;
}

const FRESH_SECONDS = 600;
const ASK_AGAIN_AFTER_SECONDS = 10;
/** Upstreams may rotate twice in a row, so a few renewals are free. */
const RENEWALS = 3;
const RENEWALS_WITHIN_SECONDS = 30;
const MAX_KEYS = 100;

/** The upstream's public keys: kept for ten minutes, longer when they cannot be fetched anew. */
export class RemoteKeys implements KeySource {
  readonly #deps: RemoteKeysDeps;
  #keys: { readonly uri: string; readonly set: KeySet; readonly fetchedAt: number } | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #renewedAt: readonly number[] = [];
  #fetching: { readonly uri: string; readonly set: Promise<KeySet> } | undefined;

  constructor(deps: RemoteKeysDeps) {
    this.#deps = deps;
  }

  /** @throws {ConnectorError} `unreachable` when there are none. */
  async current(uri: string): Promise<KeySet> {
    const kept = this.#keys?.uri === uri ? this.#keys : undefined;
    if (kept === undefined) return this.#fetch(uri);
    if (this.#deps.clock() - kept.fetchedAt < FRESH_SECONDS || this.#askedRecently()) return kept.set;
    return this.#fetch(uri).catch(() => kept.set);
  }

  /**
   * The keys once more, for a token whose key is not among them: the upstream may have rotated.
   * @returns undefined when that happened three times in the last thirty seconds, so that forged key ids do not become traffic.
   * @throws {ConnectorError} `unreachable`.
   */
  async renewed(uri: string): Promise<KeySet | undefined> {
    if (this.#fetching?.uri === uri) return this.#fetching.set;
    const now = this.#deps.clock();
    const recent = this.#renewedAt.filter((at) => Math.abs(now - at) < RENEWALS_WITHIN_SECONDS);
    if (recent.length >= RENEWALS) return undefined;
    this.#renewedAt = [...recent, now];
    return this.#fetch(uri);
  }

  #askedRecently(): boolean {
    return Math.abs(this.#deps.clock() - this.#askedAt) < ASK_AGAIN_AFTER_SECONDS;
  }

  /** Whoever asks at the same time shares it, unless it is about another issuer's keys. */
  #fetch(uri: string): Promise<KeySet> {
    if (this.#fetching?.uri === uri) return this.#fetching.set;
    const set = this.#fetchOnce(uri).finally(() => {
      if (this.#fetching?.set === set) this.#fetching = undefined;
    });
    this.#fetching = { uri, set };
    return set;
  }

  async #fetchOnce(uri: string): Promise<KeySet> {
    this.#askedAt = this.#deps.clock();
    const answer = await askUpstream(this.#deps.fetch, { what: "the key set", url: uri, followRedirects: true });
    const set = answer.status === 200 ? parseKeySet(answer.text) : undefined;
    if (set === undefined) throw unreachable(`the key set is not usable (status ${answer.status})`);
    this.#keys = { uri, set, fetchedAt: this.#deps.clock() };
    return set;
  }
}

function parseKeySet(text: string): KeySet | undefined {
  const document = parseJson(text);
  if (!isRecord(document) || !Array.isArray(document.keys)) return undefined;
  const keys = document.keys.filter(isRecord).slice(0, MAX_KEYS);
  return createLocalJWKSet({ keys: keys.map((key) => ({ ...key, kty: String(key.kty) })) });
}
