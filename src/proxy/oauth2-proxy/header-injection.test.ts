import { describe, expect, test } from "bun:test";

import type { HeaderInjection, HeaderValueSource } from "../../config/oauth2-proxy-configuration.ts";
import { Secret } from "../../protocol/secret.ts";
import type { Session } from "../../session/session.ts";
import { createHeaderStrip, createHeaderValues } from "./header-injection.ts";

const SESSION: Session = {
  id: "1",
  connectorId: "oidc",
  identity: {
    userId: "alice-sub",
    username: "Alice",
    preferredUsername: "",
    email: "jürgen@example.com",
    emailVerified: true,
    groups: ["a,b", "c"],
    additionalClaims: {
      text: "R&D",
      number: 5,
      huge: 1e21,
      tiny: 1.5e-7,
      negative: -2.5e22,
      yes: true,
      nothing: null,
      empty: "",
      list: ["x", 1, false, null, ["a"], { z: 1, a: "<&>" }],
      object: { leads: ["x", "y"], code: "R&D", deep: { b: 1, a: 2 } },
      line: "a\r\nX-Evil: 1\0",
    },
  },
  tokens: { accessToken: "at", idToken: "it", refreshToken: "rt", expiresAt: 1_785_000_000.7 },
  createdAt: 1_784_996_400,
  refreshedAt: 1_784_996_400,
  expiresAt: 0,
};

function claim(name: string, options: Partial<Extract<HeaderValueSource, { kind: "claim" }>> = {}): HeaderValueSource {
  return { kind: "claim", claim: name, prefix: "", ...options };
}

function inject(name: string, values: HeaderValueSource[], options: Partial<HeaderInjection> = {}): HeaderInjection {
  return { name, preserveRequestValue: false, exactNameOnly: false, values, ...options };
}

function valueOf(source: HeaderValueSource, session: Session | undefined = SESSION): string | undefined {
  return createHeaderValues([inject("X", [source])])(session)[0]?.[1];
}

describe("a claim becomes a header", () => {
  test.each([
    ["user", "alice-sub"],
    ["groups", "a,b,c"],
    ["preferred_username", undefined],
    ["access_token", "at"],
    ["id_token", "it"],
    ["refresh_token", "rt"],
    ["created_at", "2026-07-25 16:20:00 +0000 UTC"],
    ["expires_on", "2026-07-25 17:20:00 +0000 UTC"],
    ["text", "R&D"],
    ["number", "5"],
    ["huge", "1000000000000000000000"],
    ["tiny", "0.00000015"],
    ["negative", "-25000000000000000000000"],
    ["yes", "true"],
    ["nothing", undefined],
    ["empty", undefined],
    ["missing", undefined],
    ["toString", undefined],
    ["list", String.raw`x,1,false,["a"],{"a":"\u003c\u0026\u003e","z":1}`],
    ["object", String.raw`{"code":"R\u0026D","deep":{"a":2,"b":1},"leads":["x","y"]}`],
    ["line", "a  X-Evil: 1"],
  ])("%s as %p", (name, expected) => {
    expect(valueOf(claim(name))).toBe(expected);
  });

  test("as UTF-8 bytes", () => {
    expect(valueOf(claim("email"))).toBe("j\xc3\xbcrgen@example.com");
  });

  test("with the white space inside, however much", () => {
    const text = `a${" ".repeat(300_000)}b`;
    expect(valueOf({ kind: "secret", value: new Secret(` ${text}\t `) })).toBe(text);
  });

  test("with its prefix, or as Basic with a password", () => {
    expect(valueOf(claim("id_token", { prefix: "Bearer " }))).toBe("Bearer it");
    const basic = claim("email", { basicAuthPassword: new Secret("pä:ss"), prefix: "ignored" });
    expect(valueOf(basic)).toBe(`Basic ${Buffer.from("jürgen@example.com:pä:ss").toString("base64")}`);
  });
});

describe("header values", () => {
  const values = createHeaderValues([
    inject("Authorization", [claim("user", { basicAuthPassword: new Secret("pw") })]),
    inject("X-Many", [
      { kind: "secret", value: new Secret("a\n") },
      claim("groups"),
      { kind: "secret", value: new Secret("z") },
    ]),
    inject("authorization", [claim("id_token", { prefix: "Bearer " })]),
    inject("X-None", []),
    inject("X-Spaces", [
      { kind: "secret", value: new Secret("  a ") },
      { kind: "secret", value: new Secret(" b\t") },
    ]),
  ]);

  test("of one name are joined, whichever injection they come from", () => {
    expect(values(SESSION)).toEqual([
      ["Authorization", "Basic YWxpY2Utc3ViOnB3,Bearer it"],
      ["X-Many", "a ,a,b,c,z"],
      ["X-Spaces", "a , b"],
    ]);
  });

  test("without a session are the static ones", () => {
    expect(values(undefined)).toEqual([
      ["X-Many", "a ,z"],
      ["X-Spaces", "a , b"],
    ]);
  });

  test("are made once for a session", () => {
    expect(values(SESSION)).toBe(values(SESSION));
    expect(values({ ...SESSION })).not.toBe(values(SESSION));
  });
});

describe("what a client sends is removed", () => {
  const strip = createHeaderStrip([
    inject("X-Team", []),
    inject("X-Kept", [], { preserveRequestValue: true }),
    inject("X-Forwarded-Email", [], { preserveRequestValue: true }),
    inject("X-Exact-Name", [], { exactNameOnly: true }),
  ]);
  test.each([
    ["x-team", true],
    ["X_Team", true],
    ["x.TEAM", true],
    ["x-teams", false],
    ["x-kept", false],
    ["x_kept", false],
    ["x-forwarded-email", false],
    ["x-exact-name", true],
    ["X-Exact-Name", true],
    ["x_exact_name", false],
    ["x-forwarded-user", true],
    ["x_forwarded-groups", true],
    ["x-forwarded-access-token", true],
    ["x-auth-request-user", true],
    ["X_Auth_Request_Anything", true],
    ["x-auth-request-redirect", false],
    ["gap-auth", true],
    ["gap-signature", true],
    ["authorization", false],
    ["x-forwarded-username", false],
    ["x-forwarded-for", false],
    ["accept", false],
  ])("%s: %p", (name, expected) => {
    expect(strip(name)).toBe(expected);
    expect(strip(name)).toBe(expected);
  });
});
