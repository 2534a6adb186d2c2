import { always, type Difference, hasPasswords } from "./difference.ts";

/** What people and browsers notice. */
export const SIGN_IN_DIFFERENCES: readonly Difference[] = [
  {
    was: "passwords may be tried without end",
    is: "after five wrong ones an account and address has to wait, longer each time",
    why: "guessing",
    back: "",
    matters: hasPasswords,
  },
  {
    was: "`prompt=none` shows a page or goes to the identity provider",
    is: "answers `login_required`, and never shows a page",
    why: "OpenID Connect Core §3.1.2.1",
    back: "",
    matters: always,
  },
  {
    was: "whoever rejects the approval sees an error page",
    is: "goes back to the client with `access_denied`",
    why: "RFC 6749 §4.1.2.1",
    back: "",
    matters: ({ provider }) => !provider.skipApproval,
  },
  {
    was: "public clients may use redirect addresses with a fragment",
    is: "are refused",
    why: "RFC 6749 §3.1.2",
    back: "",
    matters: ({ provider }) => provider.clients.some((client) => client.public),
  },
  {
    was: "authorization answers do not say whose they are",
    is: "carry `iss`",
    why: "RFC 9207: clients of several providers can tell them apart",
    back: "",
    matters: always,
  },
  {
    was: "`response_mode=form_post` is not known",
    is: "works",
    why: "OAuth 2.0 Form Post Response Mode",
    back: "",
    matters: always,
  },
  {
    was: "pages have no Content-Security-Policy, unless `web.headers` has one",
    is: "have a strict one, where `web.headers` has none",
    why: "what a client or an identity provider calls itself cannot run in a page",
    back: "`web.headers.Content-Security-Policy`",
    matters: ({ provider }) => provider.headers["Content-Security-Policy"] === undefined,
  },
];
