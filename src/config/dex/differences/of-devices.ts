import { DEVICE_CODE } from "../grant-types.ts";
import { type Difference, grant } from "./difference.ts";

/** The device flow. */
export const DEVICE_DIFFERENCES: readonly Difference[] = [
  {
    was: "a device whose user rejects it waits until its code expires",
    is: "gets `access_denied`",
    why: "RFC 8628 §3.5",
    back: "",
    matters: grant(DEVICE_CODE),
  },
  {
    was: "a device code that was used gives the same tokens again and again",
    is: "once",
    why: "RFC 8628 §3.4: it is a credential",
    back: "",
    matters: grant(DEVICE_CODE),
  },
  {
    was: "a poll may name any client",
    is: "a `client_id` that is sent must be the device's, a secret that is sent must be right; none is needed",
    why: "RFC 8628 §3.4",
    back: "send none",
    matters: grant(DEVICE_CODE),
  },
  {
    was: "there is no limit",
    is: "in ten minutes, one address may begin 1,000 devices and enter 100 wrong codes; then 429",
    why: "user codes are short",
    back: "`web.clientRemoteIP`, so that addresses are told apart",
    matters: grant(DEVICE_CODE),
  },
  {
    was: "the answer with a device's tokens may be kept by caches",
    is: "`no-store`",
    why: "RFC 6749 §5.1",
    back: "",
  },
  {
    was: "a code is bound to a device by `state` only",
    is: "by PKCE too, where `S256` is allowed",
    why: "whoever can put a code into an address would choose who signs in",
    back: "",
  },
  {
    was: "the release writes the client's secret into the address of `/auth`",
    is: "does not",
    why: "addresses get into logs",
    back: "",
  },
  {
    was: "a wrong secret is JSON at the callback",
    is: "a page, 401",
    why: "a person reads it",
    back: "",
  },
  {
    was: "a user code needs its dash",
    is: "dash and blanks may be left out",
    why: "people type it",
    back: "",
  },
  {
    was: "whether a client may use the connector is not asked again",
    is: "is asked at the callback",
    why: "no grant goes around `allowedConnectors`",
    back: "",
  },
  {
    was: "the endpoints are there without the grant",
    is: "404",
    why: "what is off is off",
    back: "`oauth2.grantTypes`",
    matters: (looked) => !grant(DEVICE_CODE)(looked),
  },
  {
    was: "`/device/code`: other methods get a page and JSON, unreadable bodies 404",
    is: "400 as JSON",
    why: "one answer",
    back: "",
  },
];
