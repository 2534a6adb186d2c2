import { describe, expect, test } from "bun:test";

import { createDropInHandler } from "./drop-in-handler.ts";
import { type DialectUnderTest, dialectSuite } from "./dialect-suite.ts";

const nginx = (method: string, url: string) => ({ "X-Original-URL": url, "X-Original-Method": method });

function traefik(method: string, url: string): Record<string, string> {
  const [, scheme = "", host = "", uri = ""] = /^([^:/]*):\/\/([^/?#\\]*)(.*)$/s.exec(url) ?? ["", "", "", url];
  return {
    "X-Forwarded-Method": method,
    "X-Forwarded-Proto": scheme,
    "X-Forwarded-Host": host,
    "X-Forwarded-Uri": uri,
  };
}

const DIALECTS: readonly DialectUnderTest[] = [
  {
    name: "auth-request",
    path: "/authz/auth-request",
    gatewayHeaders: nginx,
    allowed: 200,
    signIn: 401,
    namesSignIn: true,
    targeted: true,
    cookiesWhenAllowed: 1,
    cookiesWhenDenied: 1,
    noStore: true,
  },
  {
    name: "auth-request at /oauth2/auth",
    path: "/oauth2/auth",
    gatewayHeaders: nginx,
    allowed: 202,
    signIn: 401,
    namesSignIn: true,
    targeted: true,
    cookiesWhenAllowed: 1,
    cookiesWhenDenied: 1,
    noStore: true,
  },
  {
    name: "forward-auth",
    path: "/authz/forward-auth",
    gatewayHeaders: traefik,
    allowed: 200,
    signIn: 302,
    namesSignIn: true,
    targeted: true,
    cookiesWhenAllowed: 1,
    cookiesWhenDenied: 2,
    noStore: true,
  },
  {
    name: "oauth2-proxy",
    createHandler: createDropInHandler,
    path: "/oauth2/auth",
    gatewayHeaders: nginx,
    allowed: 202,
    signIn: 401,
    namesSignIn: false,
    targeted: false,
    cookiesWhenAllowed: 2,
    cookiesWhenDenied: 2,
    noStore: false,
  },
];

for (const dialect of DIALECTS) dialectSuite(dialect);

describe("the table", () => {
  test("splits a URL as Traefik does", () => {
    expect(traefik("GET", "https://a.test/b?c")).toEqual({
      "X-Forwarded-Method": "GET",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "a.test",
      "X-Forwarded-Uri": "/b?c",
    });
  });
});
