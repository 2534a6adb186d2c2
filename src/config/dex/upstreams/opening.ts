import { Secret } from "../../../protocol/secret.ts";
import type { OAuthClientOptions } from "../../dex-vendor-configuration.ts";
import type { Problem } from "../../problem.ts";
import { type ConfigObject, placeAt, textAt } from "../config-object.ts";
import { errorAt } from "../dex-problem.ts";

/** One connector's `config`, and where everything is gathered that keeps it from being opened. */
export interface Opening {
  readonly config: ConfigObject;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly problems: Problem[];
}

/** Add an error about a key of the `config`. */
export function refuse({ config, problems }: Opening, path: string, message: string, remedy: string): void {
  problems.push(errorAt(placeAt(config, path), message, remedy));
}

/** Add the error of a key that must not be empty, in the words of this kind of connector. */
export function require(opening: Opening, path: string, message: string): void {
  if (textAt(opening.config, path) === "") refuse(opening, path, message, "Set it.");
}

export function oauthClient({ config }: Opening): OAuthClientOptions {
  return {
    clientId: textAt(config, "clientID"),
    clientSecret: new Secret(textAt(config, "clientSecret")),
    redirectUri: textAt(config, "redirectURI"),
  };
}

/** An address without the slash at its end, or the vendor's own. */
export function addressAt({ config }: Opening, path: string, vendors: string): string {
  return (textAt(config, path) || vendors).replace(/\/$/, "");
}

/** One of the words, `fallback` when empty; anything else is refused. */
export function wordAt<Word extends string>(
  opening: Opening,
  path: string,
  words: readonly [Word, ...Word[]],
  message: (text: string) => string,
): Word {
  const text = textAt(opening.config, path);
  const known = words.find((word) => word === text);
  if (known === undefined && text !== "") refuse(opening, path, message(text), `Write ${words.join(" or ")}.`);
  return known ?? words[0];
}
