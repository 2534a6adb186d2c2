import { always, type Difference, hasPasswords, type Looked } from "./difference.ts";

/** Files that allow tokens by way of the browser. */
const isImplicit = ({ provider }: Looked): boolean => provider.responseTypes.some((types) => types !== "code");

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
    was: "whoever likes fills the storage with begun sign-ins",
    is: "at most 10,000 in ten minutes come from one address; a gateway's own, whose header is not trusted, is not counted",
    why: "each is kept for a day",
    back: "",
  },
  {
    was: "a sign-in under way is answered although its client was removed or restricted meanwhile",
    is: "is an error page",
    why: "tokens of the implicit flow would be given out",
    back: "",
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
  {
    was: "`prompt`, `max_age` and `id_token_hint` that make no sense are ignored",
    is: "are refused, as by the development version",
    why: "clients ask for them to be safe",
    back: "",
  },
  {
    was: "a sign-in may come back in any browser",
    is: "comes back to the browser that began it, by the cookie `gatehouse_login`; one that dex began is accepted as dex accepts it",
    why: "who sends somebody else a callback of their own would have them signed in as another; SAML with an `http` issuer cannot be bound",
    back: "",
    matters: always,
  },
  {
    was: "a callback that comes again before the approval signs in again",
    is: "is refused",
    why: "the same",
    back: "",
  },
  {
    was: "the forms of another site are accepted",
    is: "are refused",
    why: "cross-site request forgery",
    back: "",
  },
  {
    was: "user name and password may come in the address",
    is: "in the body only",
    why: "addresses get into logs",
    back: "",
  },
  {
    was: "`request_uri` is ignored",
    is: "is refused with `request_uri_not_supported`",
    why: "it would say something else than what was checked",
    back: "",
  },
  {
    was: "the `claims` parameter is ignored",
    is: "is followed; what is no object of claims is `invalid_request`",
    why: "OpenID Connect Core §5.5",
    back: "",
  },
  {
    was: "`response_mode` is ignored",
    is: "`fragment` is followed too; modes that are not known are ignored",
    why: "OAuth 2.0 Multiple Response Types §2.1",
    back: "",
  },
  {
    was: "errors of implicit and hybrid requests are in the query",
    is: "are where the answer would be, in the fragment",
    why: "OpenID Connect Core §3.2.2.5",
    back: "",
    matters: isImplicit,
  },
  {
    was: "in the fragment of an answer, everything is percent-encoded twice",
    is: "once",
    why: "clients read a state that they did not send",
    back: "",
    matters: isImplicit,
  },
  {
    was: "`code id_token` without a `nonce` passes",
    is: "needs one",
    why: "OpenID Connect Core §3.3.2.11",
    back: "",
    matters: isImplicit,
  },
  {
    was: "of `oauth2.responseTypes`, a combination is refused when its words are not listed singly",
    is: "is accepted",
    why: "discovery lists it",
    back: "",
  },
  {
    was: "a redirect address with a user name before `localhost` passes for public clients",
    is: "is refused",
    why: "readers disagree where it leads",
    back: "",
  },
  {
    was: "errors are shown on a page that leads nowhere",
    is: "the page leads to a new start of the sign-in, where there is one",
    why: "people help themselves",
    back: "",
  },
  {
    was: "a token of the implicit flow with the out-of-band address: 500 after the sign-in",
    is: "is refused before it",
    why: "nothing can be answered there",
    back: "",
  },
];
