import { describe, expect, test } from "bun:test";

import { html, raw } from "./html.ts";

describe("html", () => {
  test("escapes text and attributes", () => {
    const hostile = `"><script>alert('1')</script>&`;
    expect(String(html`<a title="${hostile}">${hostile}</a>`)).toBe(
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</a>',
    );
  });

  test("nests markup and lists without escaping twice", () => {
    const items = ["a&b", "c"].map((item) => html`<li>${item}</li>`);
    expect(String(html`${items}`)).toBe("<li>a&amp;b</li><li>c</li>");
  });

  test("shows nothing for what is absent, and a zero", () => {
    expect(String(html`[${undefined}${false}${0}]`)).toBe("[0]");
  });

  test("lets only our own constants through", () => {
    expect(String(html`${raw("<b>x</b>")}`)).toBe("<b>x</b>");
    expect(String(html`${["<b>"]}`)).toBe("&lt;b&gt;");
  });
});
