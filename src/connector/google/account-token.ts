import type { Clock } from "../../protocol/clock.ts";
import { unreachable } from "../oidc/upstream-request.ts";
import type { GoogleToken } from "./google-token.ts";

/** Gets a token of an account. @returns undefined when the account may not have this scope. */
export type ObtainToken = (scope: string) => Promise<GoogleToken | undefined>;

const EARLY_SECONDS = 60;

/** The token that the Admin SDK is asked with: got when first needed, and anew shortly before it ends. */
export class AccountToken {
  readonly #clock: Clock;
  readonly #obtain: ObtainToken;
  /** Tried in turn until the account may have one; that one is kept. */
  #scopes: readonly string[];
  #token: GoogleToken | undefined;
  #obtaining: Promise<GoogleToken> | undefined;

  constructor(clock: Clock, obtain: ObtainToken, scopes: readonly string[]) {
    this.#clock = clock;
    this.#obtain = obtain;
    this.#scopes = scopes;
  }

  /** @throws {ConnectorError} `unreachable` when Google gives none. */
  async get(): Promise<string> {
    if (this.#token !== undefined && this.#clock() < this.#token.expiresAt - EARLY_SECONDS)
      return this.#token.accessToken;
    this.#obtaining ??= this.#obtainFirst().finally(() => {
      this.#obtaining = undefined;
    });
    return (await this.#obtaining).accessToken;
  }

  async #obtainFirst(): Promise<GoogleToken> {
    for (const scope of this.#scopes) {
      const token = await this.#obtain(scope);
      if (token === undefined) continue;
      this.#scopes = [scope];
      this.#token = token;
      return token;
    }
    throw unreachable(
      `the service account may use none of ${this.#scopes.join(", ")}: delegate one to it in the Google Admin console`,
    );
  }
}
