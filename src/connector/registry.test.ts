import { expect, test } from "bun:test";
import { Secret } from "../protocol/secret.ts";
import type { Log } from "../telemetry/log.ts";
import { createConnectors } from "./registry.ts";

const nothing = (): void => {};
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => silent };

test("makes the configured connectors in their order, and finds them", async () => {
  const fetch = (): Promise<Response> => Promise.reject(new Error("nobody is there"));
  const registry = await createConnectors({ clock: () => 0, fetch, log: silent }, [
    {
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
    },
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
