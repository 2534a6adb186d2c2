import { describe, expect, test } from "bun:test";

import vectors from "../../../test/vectors/go-templates.json" with { type: "json" };
import { compileTextTemplate, createTemplateSet } from "./create-template-set.ts";
import { textFunction } from "./functions.ts";

const FUNCTIONS = {
  ToUpper: textFunction((text) => text.toUpperCase()),
  ToLower: textFunction((text) => text.toLowerCase()),
};
import { type GoStruct, SafeHtml } from "./value.ts";

/** `output` is what Go 1.26's `html/template` (`text/template` with `text`) made of the template; `fails`: it refused it. */
interface Vector {
  readonly template: string;
  readonly redirect: string;
  readonly text?: boolean;
  readonly output?: string;
  readonly fails?: boolean;
}

const data = (redirect: string): GoStruct => ({
  ProviderName: "My & Co",
  SignInMessage: new SafeHtml("Hello <b>you</b>"),
  StatusCode: 403n,
  CustomLogin: true,
  Redirect: redirect,
  Version: "v1",
  ProxyPrefix: "/oauth2",
  Footer: new SafeHtml('<i>foot</i> & "x" <!-- c -->'),
  LogoData: new SafeHtml("<svg xmlns='x'/>"),
});

function render(template: string, redirect = "/a"): string {
  return createTemplateSet(new Map([["t", template]]), FUNCTIONS).render("t", data(redirect));
}

function renderText(template: string, redirect: string): string {
  // A log format has texts only; the vectors use the pages' data, whose numbers it prints just as well.
  return compileTextTemplate("t", template)(data(redirect) as unknown as Record<string, string>);
}

describe("a Go template", () => {
  for (const { template, redirect, text, output } of vectors as readonly Vector[]) {
    const write = text === true ? renderText : render;
    if (output === undefined) {
      test(`refused: ${template}`, () => {
        expect(() => write(template, redirect)).toThrow(/^template: /);
      });
    } else {
      test(`${text === true ? "text " : ""}${template} with ${redirect}`, () => {
        expect(write(template, redirect)).toBe(output);
      });
    }
  }
});

describe("where Go refuses or lets through, a value", () => {
  const hostile = "javascript:alert(1)//\"' onload=x>";

  test("after an equals sign without quotes cannot leave its attribute", () => {
    expect(render("<a href=/x?rd={{.Redirect}}>", hostile)).toBe(
      "<a href=/x?rd=javascript%3aalert%281%29%2f%2f%22%27%20onload%3dx%3e>",
    );
  });

  test.each([
    ["after a written javascript:", '<a href="javascript:f({{.Redirect}})">', '<a href="javascript:f(ZgotmplZ)">'],
    [
      "after one in a branch",
      '<a href="{{if true}}javascript:{{end}}{{.Redirect}}">',
      '<a href="javascript:ZgotmplZ">',
    ],
    ["after an encoded one", '<a href="java&#115;cript:{{.Redirect}}">', '<a href="java&#115;cript:ZgotmplZ">'],
    ["that leads a page on", '<meta content="0; url={{.Redirect}}">', '<meta content="0; url=#ZgotmplZ">'],
    ["split into two", '<a href="{{"javascript"}}{{":x"}}">', '<a href="javascript#ZgotmplZ">'],
  ])("%s runs nothing", (_name, template, output) => {
    expect(render(template, hostile)).toBe(output);
  });

  test("inside of a nested page is text there too", () => {
    expect(render('<iframe srcdoc="{{.Redirect}}">', "<b>")).toBe('<iframe srcdoc="&amp;lt;b&amp;gt;">');
  });

  test("is escaped for the place that the branch taken led to", () => {
    const template = "{{if eq .Redirect `s`}}<script>x={{else}}<p>{{end}}{{.Redirect}}";
    expect(render(template, "s")).toBe('<script>x="s"');
    expect(render(template, "<")).toBe("<p>&lt;");
  });
});

describe("a template that does too much is stopped", () => {
  test.each([
    ["steps", "{{range 1000000000}}{{.}}{{end}}", "too many steps"],
    ["templates in templates", '{{define "r"}}{{template "r"}}{{end}}{{template "r"}}', "maximum template depth"],
    ["output", `{{range 90000}}${"x".repeat(1000)}{{end}}`, "the output is longer"],
    ["width", '{{printf "%999999999d" 1}}', "not a possible width"],
    ["blocks in blocks", "{{if 1}}".repeat(5000), "nested too deeply"],
    ["parentheses", `{{${"(".repeat(5000)}}}`, "nested too deeply"],
  ])("%s", (_name, template, message) => {
    expect(() => render(template)).toThrow(message);
  });
});

describe("a set of templates", () => {
  test("shares what its sources define, and an error names source and line", () => {
    const set = createTemplateSet(
      new Map([
        ["a.html", '{{define "foot"}}<p>{{.}}</p>{{end}}'],
        ["b.html", '{{template "foot" .Version}}\n\n{{.Nope}}'],
      ]),
    );
    expect(set.has("foot")).toBe(true);
    expect(() => set.render("b.html", data("/"))).toThrow(
      "template: b.html:3: can't evaluate field Nope in type struct",
    );
  });

  test("does not let a blank definition replace one that says something", () => {
    const set = createTemplateSet(new Map([["a.html", '{{define "a.html"}}x{{end}}\n  ']]));
    expect(set.render("a.html", {})).toBe("x");
  });
});
