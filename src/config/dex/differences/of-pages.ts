import type { Difference } from "./difference.ts";

/** What browsers are shown, and which paths there are. */
export const PAGE_DIFFERENCES: readonly Difference[] = [
  {
    was: "pages may be kept by caches, framed, and read as something else",
    is: "`no-store`, `X-Frame-Options: DENY`, `nosniff`, where `web.headers` says nothing else",
    why: "shared machines, clickjacking",
    back: "`web.headers`",
  },
  {
    was: "pages are in English",
    is: "in English or German, as the browser prefers; templates of `frontend.dir` as they are",
    why: "people read them",
    back: "`frontend.dir`",
  },
  {
    was: "folders below `static` and `theme` are listed",
    is: "404",
    why: "nobody needs it",
    back: "",
    matters: ({ provider }) => provider.frontend !== undefined,
  },
  {
    was: "dot segments in a path: 404",
    is: "are resolved before it is looked at",
    why: "as browsers do",
    back: "",
  },
  {
    was: "bodies may be of any size",
    is: "413 above a limit",
    why: "memory",
    back: "",
  },
  {
    was: "without `frontend.dir`, pictures of dex's look are at `/theme/` and `/static/img/`",
    is: "404; the style sheets are there",
    why: "the look is another",
    back: "`frontend.dir`",
    matters: ({ provider }) => provider.frontend === undefined,
  },
  {
    was: "parts of files are given (`Range`)",
    is: "the whole file is",
    why: "they are small",
    back: "",
  },
  {
    was: "the issuer's address shows bare HTML in English",
    is: "a page in the reader's language, with the issuer and where discovery is",
    why: "people open it",
    back: "`home.html` among the templates of `frontend.dir`",
  },
  {
    was: "links to connectors with umlauts, blanks, `%`, `?` or `#` in their id are broken",
    is: "work",
    why: "they are encoded once",
    back: "",
  },
];
