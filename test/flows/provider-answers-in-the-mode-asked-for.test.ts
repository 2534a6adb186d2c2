import { afterAll, describe, expect, test } from "bun:test";

import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { type Answer, Browser } from "../support/browser.ts";
import { CALLBACK, startProvider } from "../support/provider-server.ts";

const server = startProvider({
  store: createMemoryStore(),
  settings: { responseTypes: ["code", "id_token", "token"] },
});
afterAll(server.stop);

const unsigned = (claims: object): string => `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(claims))}.`;

/** Ask, and follow to the answer: a redirect to the client, or a page that posts to it. */
async function ask(parameters: Readonly<Record<string, string>>): Promise<Answer> {
  const browser = new Browser();
  const query = new URLSearchParams({
    client_id: "app",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid",
    state: "a/b c&d",
    nonce: "n",
    ...parameters,
  });
  let answer = await browser.request(`${server.issuer}/auth?${query.toString()}`);
  while (answer.location?.startsWith(server.issuer) === true || answer.location?.startsWith("/") === true) {
    answer = await browser.request(new URL(answer.location, server.issuer).href);
  }
  return answer;
}

function partsOf({ location = "" }: Answer): Record<"query" | "fragment", Record<string, string>> {
  const url = new URL(location);
  expect(`${url.origin}${url.pathname}`).toBe(CALLBACK);
  return {
    query: Object.fromEntries(url.searchParams),
    fragment: Object.fromEntries(new URLSearchParams(url.hash.slice(1))),
  };
}

/** The form of the page: where it posts, and what. */
function formOf({ status, body }: Answer): readonly [string | undefined, Record<string, string>] {
  expect(status).toBe(200);
  const unescape = (text: string): string => text.replaceAll("&amp;", "&").replaceAll("&quot;", '"');
  const inputs = [...body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  const fields = inputs.map(([, name = "", value = ""]) => [name, unescape(value)] as const);
  return [/<form[^>]* action="([^"]*)"/.exec(body)?.[1], Object.fromEntries(fields)];
}

const STATE = { state: "a/b c&d", iss: server.issuer };

describe("an answer comes", () => {
  test("in the query for a code", async () => {
    const { query, fragment } = partsOf(await ask({}));
    expect([query, fragment]).toEqual([{ code: expect.stringMatching(/^[\w-]{43}$/), ...STATE }, {}]);
  });

  test("in the fragment for tokens, encoded once", async () => {
    const { query, fragment } = partsOf(await ask({ response_type: "code id_token token" }));
    const token = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const tokens = { access_token: token, id_token: token, token_type: "bearer", code: expect.any(String) };
    expect([query, fragment]).toEqual([{}, { ...tokens, ...STATE }]);
  });

  test("in the fragment for a code, where that is asked for", async () => {
    const { query, fragment } = partsOf(await ask({ response_mode: "fragment" }));
    expect([query, fragment]).toEqual([{}, { code: expect.any(String), ...STATE }]);
  });

  test("never in the query for tokens", async () => {
    const { query, fragment } = partsOf(await ask({ response_type: "id_token", response_mode: "query" }));
    expect([query, Object.keys(fragment).toSorted()]).toEqual([{}, ["id_token", "iss", "state"]]);
  });

  test("as a posted form", async () => {
    const [action, fields] = formOf(await ask({ response_mode: "form_post" }));
    expect([action, fields]).toEqual([CALLBACK, { code: expect.any(String), ...STATE }]);
  });
});

describe("an error comes", () => {
  test.each([
    ["in the fragment for implicit requests", { response_type: "id_token", scope: "email" }, "invalid_scope"],
    ["in the fragment without a nonce", { response_type: "code id_token", nonce: "" }, "invalid_request"],
  ])("%s", async (_name, parameters, error) => {
    const { query, fragment } = partsOf(await ask(parameters));
    expect([query, fragment]).toEqual([{}, { error, error_description: expect.any(String), ...STATE }]);
  });

  test.each([
    ["as a posted form", { scope: "email", response_mode: "form_post" }, "invalid_scope"],
    [
      "as a posted form, if only the request object that is refused asks for one",
      {
        state: "",
        request: unsigned({ response_mode: "form_post", state: STATE.state, redirect_uri: "https://evil.example/" }),
      },
      "request_not_supported",
    ],
  ])("%s", async (_name, parameters, error) => {
    const [action, fields] = formOf(await ask(parameters));
    expect([action, fields]).toEqual([CALLBACK, { error, error_description: expect.any(String), ...STATE }]);
  });
});
