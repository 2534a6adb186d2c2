import { afterEach, describe, expect, test } from "bun:test";
import { failureOf, TRANSACTION } from "../../../../test/support/fake-vendor.ts";
import {
  keptBy,
  signInThere,
  startVendorSite,
  VENDOR_OPTIONS,
  type VendorSite,
} from "../../../../test/support/vendor-site.ts";
import type { RedirectConnector } from "../../connector.ts";
import { createLinkedinConnector } from "./linkedin-connector.ts";

const open: VendorSite[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.stop();
});

const addresses = (...all: readonly string[]): unknown => ({
  elements: all.map((emailAddress) => ({ handle: "urn:li:emailAddress:1", "handle~": { emailAddress } })),
});

async function start(
  profile: Readonly<Record<string, unknown>> = {},
  emails: unknown = addresses("old@example.com", "alice@example.com"),
): Promise<{ readonly site: VendorSite; readonly connector: RedirectConnector }> {
  const site = await startVendorSite("/oauth/v2/accessToken", () => ({
    "GET /v2/me": { body: { id: "yrZCpj2Z12", localizedFirstName: "Alice", localizedLastName: "W", ...profile } },
    "GET /v2/emailAddress?q=members&projection=(elements*(handle~))": { body: emails },
  }));
  open.push(site);
  const upstream = { type: "linkedin" as const, ...VENDOR_OPTIONS };
  return { site, connector: createLinkedinConnector(site.deps, { id: "up", name: "Up", upstream }) };
}

describe("somebody of LinkedIn", () => {
  test("is their id, their names and their address, and is kept by their token", async () => {
    const { site, connector } = await start();
    const login = await signInThere(site, connector);
    expect(login.identity).toEqual({
      userId: "yrZCpj2Z12",
      username: "Alice W",
      preferredUsername: "",
      email: "alice@example.com",
      emailVerified: true,
      groups: [],
    });
    expect(keptBy(login)).toEqual({ accessToken: "at-1" });
  });

  test("is asked for the older scopes", async () => {
    const { connector } = await start();
    const url = await connector.authorizationUrl(TRANSACTION);
    expect(`${url.origin}${url.pathname}`).toBe("https://www.linkedin.com/oauth/v2/authorization");
    expect(url.searchParams.get("scope")).toBe("r_liteprofile r_emailaddress");
  });

  test.each([
    [{ localizedLastName: "" }, "Alice"],
    [{ localizedFirstName: null, localizedLastName: "W" }, "W"],
    [{ localizedFirstName: "", localizedLastName: "" }, "alice@example.com"],
  ])("with the names %j is %s", async (profile, username) => {
    const { site, connector } = await start(profile);
    expect((await signInThere(site, connector)).identity.username).toBe(username);
  });

  test.each([[addresses()], [addresses("")], [{}]])("with the addresses %j does not enter", async (emails) => {
    const { site, connector } = await start({}, emails);
    expect((await failureOf(signInThere(site, connector))).reason).toBe("denied");
  });
});
