import { describe, expect, test } from "bun:test";
import { renderProblem } from "../problem.ts";
import { parseTomlFile } from "./toml-file.ts";

describe("parseTomlFile", () => {
  test("takes keys in any case and knows their lines", () => {
    const { settings, problems } = parseTomlFile("f.cfg", '# c\nClient_ID = "x"\n\n  "email_domains" = ["*"]\n');
    expect(problems).toEqual([]);
    expect(settings.get("client-id")).toMatchObject({
      raw: "x",
      place: { source: "f.cfg", line: 2, path: "Client_ID" },
    });
    expect(settings.get("email-domain")).toMatchObject({ raw: ["*"], place: { line: 4 } });
  });

  const wrong: readonly [string, readonly string[]][] = [
    ["client_idd = 1", ["f.cfg:1  client_idd: has invalid keys: client_idd. Did you mean client_id?"]],
    ['config = "x"', ["f.cfg:1  config: has invalid keys: config. Use the flag --config."]],
    ["[client_id]\nx = 1\n[[zzzzzz]]", ["f.cfg:3  zzzzzz: has invalid keys: zzzzzz. Remove it."]],
    ["a = ", ["f.cfg:1:5  a: is not TOML: "]],
    ['a = 1\nclient_id = "x"\nclient_id = "y"', ["f.cfg:3:1  client_id: is not TOML: "]],
    ["[[", ["f.cfg:1:3  is not TOML: "]],
  ];
  test.each(wrong)("%j", (text, expected) => {
    const rendered = parseTomlFile("f.cfg", text).problems.map(renderProblem);
    expect(rendered.map((line, index) => line.slice(0, expected[index]?.length))).toEqual([...expected]);
  });
});
