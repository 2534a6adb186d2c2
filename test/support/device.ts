import type { Client } from "../../src/provider/storage-model.ts";
import { type Answer, Browser } from "./browser.ts";
import { CLIENT, type JsonAnswer, type ProviderServerOptions } from "./provider-server.ts";

export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** A program on a device: it cannot keep a secret, and has no address. */
export const DEVICE_CLIENT: Client = {
  ...CLIENT,
  id: "tv",
  secret: "",
  public: true,
  name: "Television",
  redirectUris: [],
};

/** A device that can keep one, with the callback that dex's documentation says. */
export const SECRET_DEVICE_CLIENT: Client = {
  ...CLIENT,
  id: "box",
  secret: "box-secret",
  name: "Box",
  redirectUris: ["/device/callback"],
};

export const DEVICE_SETTINGS = { grantTypes: ["authorization_code", "refresh_token", DEVICE_GRANT] };

/** What a provider with a device flow is made of, but for its store. */
export const DEVICE_OPTIONS: Omit<ProviderServerOptions, "store"> = {
  settings: DEVICE_SETTINGS,
  clients: [DEVICE_CLIENT, SECRET_DEVICE_CLIENT],
};

type Form = Readonly<Record<string, string>>;

/** POST a form as a program does, without a browser's headers. */
export async function send(url: string, form: Form, headers: Form = {}): Promise<JsonAnswer & { headers: Headers }> {
  const response = await fetch(url, { method: "POST", headers, body: new URLSearchParams(form) });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text), headers: response.headers };
}

export interface DeviceCodes {
  readonly deviceCode: string;
  readonly userCode: string;
}

/** What a device asks for first. */
export async function askForCodes(issuer: string, form: Form = { client_id: "tv" }): Promise<DeviceCodes> {
  const { status, body } = await send(`${issuer}/device/code`, form);
  if (status !== 200) throw new Error(`no codes: ${status} ${JSON.stringify(body)}`);
  return { deviceCode: String(body["device_code"]), userCode: String(body["user_code"]) };
}

export function poll(issuer: string, deviceCode: string, more: Form = {}, headers: Form = {}) {
  return send(`${issuer}/token`, { grant_type: DEVICE_GRANT, device_code: deviceCode, ...more }, headers);
}

/** Somebody types the code, and is signed in by the mock upstream. @returns the page they end on. */
export async function enterCode(issuer: string, userCode: string, browser = new Browser()): Promise<Answer> {
  return browser.submit(await browser.open(`${issuer}/device`), { user_code: userCode });
}
