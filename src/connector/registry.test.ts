import { expect, test } from "bun:test";
import type { ConnectorConfiguration, OidcConnectorConfiguration } from "../config/connector-configuration.ts";
import { Secret } from "../protocol/secret.ts";
import type { Log } from "../telemetry/log.ts";
import { createConnectors } from "./registry.ts";

const nothing = (): void => {};
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => silent };

const OIDC: OidcConnectorConfiguration = {
  type: "oidc",
  id: "corp",
  name: "Corp",
  issuer: "https://id.corp.example",
  clientId: "gatehouse",
  clientSecret: new Secret("s"),
  scopes: ["openid"],
  clientAuthentication: "auto",
  groupsClaim: "groups",
  emailClaim: "email",
  allowUnverifiedEmail: false,
  pkce: "S256",
  nonce: true,
  authorizationParameters: {},
};

test("makes the configured connectors in their order, and finds them", async () => {
  const fetch = (): Promise<Response> => Promise.reject(new Error("nobody is there"));
  const registry = await createConnectors({ clock: () => 0, fetch, log: silent }, [
    OIDC,
    { type: "local", id: "local", name: "Local", prompt: "Email Address", users: [] },
  ]);
  expect(registry.list().map(({ id, type, kind, name }) => [id, type, kind, name])).toEqual([
    ["corp", "oidc", "redirect", "Corp"],
    ["local", "local", "password", "Local"],
  ]);
  expect(registry.find("local")).toBe(registry.list()[1]);
  expect(registry.find("corp")?.status().reachable).toBe(false);
  expect(registry.find("__proto__")).toBeUndefined();
  registry.close();
});

test("a connector with a trust of its own asks by it", async () => {
  const asked: string[] = [];
  const fetchAs =
    (name: string) =>
    (url: string): Promise<Response> => {
      asked.push(`${name} ${url}`);
      return Promise.reject(new Error("nobody is there"));
    };
  const deps = { clock: () => 0, fetch: fetchAs("usual"), log: silent };
  const trust = { authorities: ["a PEM text"], useSystemTrustStore: false, insecureSkipVerify: false };
  const registry = await createConnectors(
    { ...deps, fetchWith: ({ authorities }) => fetchAs(`trusting ${authorities.join()}`) },
    [
      { ...OIDC, id: "usual" },
      { ...OIDC, id: "own", trust },
    ],
  );
  registry.close();
  const url = "https://id.corp.example/.well-known/openid-configuration";
  expect(asked.toSorted()).toEqual([`trusting a PEM text ${url}`, `usual ${url}`]);
});

const VENDORS: readonly ConnectorConfiguration[] = [
  { ...OIDC, type: "adfs", skipScope: false, resource: "" },
  { ...OIDC, type: "azure", tenant: "", graphGroupField: "", resource: "" },
  { ...OIDC, type: "cidaas" },
  { ...OIDC, type: "entra-id", allowedTenants: [], federatedTokenAuth: false },
  { ...OIDC, type: "gitlab", projects: [] },
  { ...OIDC, type: "keycloak-oidc" },
  {
    ...OIDC,
    type: "nextcloud",
    endpoints: {
      authorization: "https://x.example",
      token: "https://x.example",
      profile: "https://x.example",
      validate: "",
    },
  },
];

test.each(VENDORS.map((vendor) => [vendor.type, vendor] as const))(
  "makes a connector of type %s",
  async (type, vendor) => {
    const fetch = (): Promise<Response> => Promise.reject(new Error("nobody is there"));
    const registry = await createConnectors({ clock: () => 0, fetch, log: silent }, [vendor]);
    expect(registry.list().map((connector) => [connector.type, connector.kind])).toEqual([[type, "redirect"]]);
    registry.close();
  },
);

test("a process without OpenID Connect upstreams does not load a JOSE library", async () => {
  const script = `
    const { createConnectors } = await import("${import.meta.dir}/registry.ts");
    const log = { with: () => log };
    await createConnectors({ clock: () => 0, log }, [{ type: "local", id: "local", name: "", prompt: "", users: [] }]);
    const loaded = (part) => Object.keys(require.cache).some((file) => file.includes(part));
    console.log(loaded("local-connector"), loaded("jose"));
    await import("${import.meta.dir}/oidc/oidc-connector.ts");
    console.log(loaded("jose"));
  `;
  const run = Bun.spawnSync([process.execPath, "-e", script]);
  expect(run.stdout.toString().trim()).toBe("true false\ntrue");
});
