import { describe, expect, test } from "bun:test";

import { messagesFor } from "./language.ts";

const langFor = (wish?: string): string =>
  messagesFor(new Request("http://a.test/", wish === undefined ? {} : { headers: { "accept-language": wish } })).lang;

describe("the language", () => {
  test.each([
    [undefined, "en"],
    ["", "en"],
    ["de", "de"],
    ["de-AT", "de"],
    ["DE-ch", "de"],
    ["en-GB,en;q=0.9,de;q=0.8", "en"],
    ["fr,de;q=0.7,en;q=0.3", "de"],
    ["en;q=0.1,de;q=0.2", "de"],
    ["fr", "en"],
    ["fr,*;q=0.5", "en"],
    ["de;q=0", "en"],
    ["de;q=nonsense", "en"],
    [";;,,=", "en"],
    ["den", "en"],
  ])("%p gets %p", (wish, lang) => {
    expect(langFor(wish)).toBe(lang);
  });
});
