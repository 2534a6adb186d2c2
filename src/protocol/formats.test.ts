import { describe, expect, test } from "bun:test";

import { goJson, goQuotedList } from "./go-json.ts";
import { goQuery, withQuery } from "./go-query.ts";
import { verifyPkce } from "./pkce.ts";
import { randomId } from "./random-id.ts";
import { matchRedirectUri } from "./redirect-uri.ts";
import { encodeRefreshToken, parseRefreshToken } from "./refresh-token-string.ts";
import { decodeSubject, encodeSubject } from "./subject.ts";

describe("formats that dex fixed", () => {
  test.each([
    ["08a8684b-db88-4b73-90a9-3cd1661f5466", "local", "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs"],
    ["0-385-28089-0", "mock", "Cg0wLTM4NS0yODA4OS0wEgRtb2Nr"],
    ["u1", "local", "CgJ1MRIFbG9jYWw"],
    ["app", "", "CgNhcHA"],
  ])("subject of %s at %s", (userId, connectorId, subject) => {
    expect(encodeSubject({ userId, connectorId })).toBe(subject);
    expect(decodeSubject(subject)).toEqual({ userId, connectorId });
  });

  test("a long user id takes two length bytes; what is no subject is none", () => {
    const subject = { userId: "u".repeat(300), connectorId: "ldap" };
    expect(decodeSubject(encodeSubject(subject))).toEqual(subject);
    expect(["AAAA", "CgX", "_____w"].map(decodeSubject)).toEqual([undefined, undefined, undefined]);
  });

  test("refresh token", () => {
    const text = "ChlxeTZlaDI2cGx1cHFhaWlqdjRob2V2YmpoEhlreDRkNTIzZjVsNHQ1djU1eTR3a2o0NTNl";
    const parts = { id: "qy6eh26plupqaiijv4hoevbjh", token: "kx4d523f5l4t5v55y4wkj453e" };
    expect(parseRefreshToken(text)).toEqual(parts);
    expect(encodeRefreshToken(parts)).toBe(text);
    expect(parseRefreshToken("legacy-id!")).toEqual({ id: "legacy-id!", token: "" });
  });

  test("random ids have dex's form and differ", () => {
    const ids = Array.from({ length: 50 }, () => randomId());
    expect(ids.every((id) => /^[a-z][a-z2-7]{24}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(50);
    expect(randomId(32)).toMatch(/^[a-z][a-z2-7]{50}$/);
  });

  test("JSON, lists and queries as Go writes them", () => {
    expect(goJson({ name: "Admin <Q> & co", left: undefined })).toBe('{"name":"Admin \\u003cQ\\u003e \\u0026 co"}');
    expect(goQuotedList(["foo", 'b"r'])).toBe('["foo" "b\\"r"]');
    expect(
      goQuery([
        ["state", "st/ a~*"],
        ["code", "c"],
      ]),
    ).toBe("code=c&state=st%2F+a~%2A");
    expect(withQuery("https://a/cb?z=1&state=old#f", { state: "new", code: "c" })).toBe(
      "https://a/cb?code=c&state=new&z=1#f",
    );
  });
});

describe("redirect URI", () => {
  const confidential = { public: false, redirectUris: ["https://app.example.com/cb"] };
  const native = { public: true, redirectUris: [] };
  test.each([
    [confidential, "https://app.example.com/cb", true],
    [confidential, "https://app.example.com/cb/", false],
    [confidential, "https://app.example.com/cb?x=1", false],
    [confidential, "HTTPS://app.example.com/cb", false],
    [confidential, "http://localhost/cb", false],
    [confidential, "", false],
    [native, "http://localhost:1234/cb?x=1", true],
    [native, "http://127.0.0.1:9/", true],
    [native, "http://[::1]:9/x", true],
    [native, "https://localhost/", false],
    [native, "http://localhost.evil.example/", false],
    [native, "http://localhost@evil.example/", false],
    [native, "http://127.0.0.1:9/#f", false],
    [native, "http://localhost:9\\@evil.example/", false],
    [native, "urn:ietf:wg:oauth:2.0:oob", true],
    [confidential, "urn:ietf:wg:oauth:2.0:oob", false],
    [native, "/device/callback", true],
    [native, "/dex/device/callback", true],
    [confidential, "/device/callback", false],
    [{ public: false, redirectUris: ["/device/callback"] }, "/dex/device/callback", true],
    [{ public: false, redirectUris: ["https://app.example.com/cb#f"] }, "https://app.example.com/cb#f", false],
  ])("%j %s → %p", (client, uri, allowed) => {
    expect(matchRedirectUri(client, uri, "/dex") !== undefined).toBe(allowed);
  });
});

describe("PKCE", () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const s256 = { codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", codeChallengeMethod: "S256" };
  const none = { codeChallenge: "", codeChallengeMethod: "" };
  test("RFC 7636 appendix B passes; nothing else does", () => {
    expect(() => verifyPkce(s256, verifier)).not.toThrow();
    expect(() => verifyPkce(none, "")).not.toThrow();
    expect(() => verifyPkce(s256, `${verifier}x`)).toThrow("Invalid code_verifier.");
    expect(() => verifyPkce(s256, s256.codeChallenge)).toThrow("Invalid code_verifier.");
    expect(() => verifyPkce(s256, "")).toThrow("Expecting parameter code_verifier");
    expect(() => verifyPkce(none, verifier)).toThrow("No PKCE flow started");
    expect(() => verifyPkce({ codeChallenge: verifier, codeChallengeMethod: "plain" }, verifier)).not.toThrow();
  });
});
