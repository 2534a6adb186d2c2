import { expect, test } from "bun:test";

import { describeCause } from "../../http/error-response.ts";
import { Secret } from "../../protocol/secret.ts";
import { type Transit, createTransit } from "./vault-transit.ts";

/** Vault's client where every question is answered in one way. */
function transitAt(address: string, answer: () => Response): { readonly transit: Transit; readonly asked: string[] } {
  const asked: string[] = [];
  const fetch = async (url: string): Promise<Response> => {
    asked.push(url);
    return answer();
  };
  const vault = { type: "vault", address, token: new Secret("hvs.secret"), keyName: "dex" } as const;
  return { transit: createTransit(fetch, vault), asked };
}

const failureOf = async (promise: Promise<unknown>): Promise<string | undefined> =>
  describeCause(await promise.catch((error: unknown) => error));

test("the token goes from https to no plain http, wherever Vault redirects", async () => {
  const away = (): Response => Response.redirect("http://elsewhere.test/", 307);
  const { transit, asked } = transitAt("HTTPS://vault.test", away);
  expect(await failureOf(transit.readKey())).toEndWith("(Error: Vault redirects to plain http)");
  expect(asked).toEqual(["HTTPS://vault.test/v1/transit/keys/dex"]);
});

test("a redirect that leads on and on ends after one hop", async () => {
  const { transit, asked } = transitAt("https://vault.test", () => Response.redirect("https://vault.test/", 307));
  expect(await failureOf(transit.readKey())).toContain("Vault answered 307 to keys/dex");
  expect(asked).toHaveLength(2);
});

const strange: readonly (readonly [answer: string, reason: string])[] = [
  ["<html>", "Vault answered 200 to sign/dex: no reason"],
  ['{"data":{}}', "without a signature"],
  ['{"data":{"signature":"vault:v2:AAAA"}}', "without a signature by the version it was asked for"],
  ['{"data":{"signature":"AAAA"}}', "without a signature"],
];
test.each(strange)("%s is no signature", async (answer, reason) => {
  const { transit } = transitAt("https://vault.test", () => new Response(answer));
  expect(await failureOf(transit.sign(1, "ES256", Buffer.from("a.b")))).toContain(reason);
});

test("what describes no key", async () => {
  const { transit } = transitAt("https://vault.test", () => Response.json({ data: { keys: {} } }));
  expect(await failureOf(transit.readKey())).toContain("Vault's answer describes no key");
});
