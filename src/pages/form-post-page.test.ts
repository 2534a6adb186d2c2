import { expect, test } from "bun:test";
import { createHash } from "node:crypto";

import { formsOf } from "../../test/support/browser.ts";
import { renderSampleFormPost } from "../../test/support/page-samples.ts";
import { createPages } from "./create-pages.ts";

const REQUEST = new Request("https://auth.example.com/auth");
const pages = createPages({
  branding: { name: "Gatehouse" },
  readFile: () => new Uint8Array(),
  pathPrefix: "/oauth2/static",
});

test("the one script is the one that the policy allows", async () => {
  const response = renderSampleFormPost(REQUEST, "https://app.example.com/cb");
  const scripts = [...(await response.text()).matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = ""]) => script);
  expect(scripts).toHaveLength(1);
  const hash = createHash("sha256")
    .update(scripts[0] ?? "")
    .digest("base64");
  expect(response.headers.get("content-security-policy")).toBe(
    `default-src 'none'; style-src 'self'; img-src 'self'; script-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'`,
  );
  expect(response.headers.get("cache-control")).toBe("no-store");
});

test.each(["https://app.example.com/cb?a=1&b=2", "http://localhost:8000/", "com.example.app:/cb"])(
  "the form goes to %s with its fields",
  async (action) => {
    const response = renderSampleFormPost(REQUEST, action);
    const [form] = formsOf({
      status: 200,
      headers: response.headers,
      body: await response.text(),
      url: REQUEST.url,
      location: undefined,
    });
    expect(form).toMatchObject({
      action,
      method: "post",
      fields: { code: "a&b", state: 'x"y', submit: "shadows" },
    });
  },
);

test("hostile fields stay text", async () => {
  const hostile = `"><script>alert('x')</script><b a='`;
  const fields = { [hostile]: hostile };
  const body = await pages.formPost(REQUEST, { action: `https://a.test/${hostile}`, fields }).text();
  expect(body.match(/<script/g)).toHaveLength(1);
  expect(body).not.toContain("<b a=");
});

test.each(["javascript:alert(1)", "java\tscript:alert(1)", " data:text/html,x", "vbscript:x", "blob:https://a.test/x"])(
  "nothing is posted to %p",
  (action) => {
    expect(() => pages.formPost(REQUEST, { action, fields: {} })).toThrow(RangeError);
  },
);
