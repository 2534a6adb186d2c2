import { describe, expect, test } from "bun:test";
import { nearestName } from "./nearest-name.ts";

describe("nearestName", () => {
  const known = ["cookie-secret", "cookie-secure", "email-domain", "upstream", "scope"];
  const rows: readonly [string, string | undefined][] = [
    ["cookie-secrt", "cookie-secret"],
    ["cookie-sceure", "cookie-secure"],
    ["emaildomain", "email-domain"],
    ["EMAIL_DOMAIN", "email-domain"],
    ["email-domains", "email-domain"],
    ["upstraem", "upstream"],
    ["scop", "scope"],
    ["zzz", undefined],
    ["completely-different", undefined],
    ["", undefined],
  ];
  test.each(rows)("%p → %p", (name, expected) => {
    expect(nearestName(name, known)).toBe(expected as string);
  });

  test("takes the closest, not the first", () => {
    expect(nearestName("redirectURl", ["redirectURIs", "redirectURI", "redirectURL"])).toBe("redirectURL");
  });
});
