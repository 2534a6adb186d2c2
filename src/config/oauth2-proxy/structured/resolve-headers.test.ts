import { describe, expect, test } from "bun:test";

import { Secret } from "../../../protocol/secret.ts";
import { expectProblems, resolve, type Parts } from "../../../../test/support/structured-file.ts";

describe("headers", () => {
  const valuesOf = (values: readonly Parts[]) => {
    const { result, problems } = resolve({ injectRequestHeaders: [{ name: "X-A", values }] });
    expect(problems).toEqual([]);
    return result.requestHeaders[0]?.values;
  };

  test("claims, with prefix and password", () => {
    const values = [
      { claimSource: { claim: "email" } },
      { claimSource: { claim: "org.name", prefix: "p " } },
      { claimSource: { claim: "user", basicAuthPassword: { fromEnv: "PASSWORD" } } },
    ];
    expect(valuesOf(values)).toEqual([
      { kind: "claim", claim: "email", prefix: "" },
      { kind: "claim", claim: "org.name", prefix: "p " },
      { kind: "claim", claim: "user", prefix: "", basicAuthPassword: new Secret("pass") },
    ]);
  });

  test("secrets: as they are, of a variable, of a file without its last line end", () => {
    const values = [{ value: "YQ==" }, { value: [97, 98] }, { fromEnv: "PASSWORD" }, { fromFile: "/secret" }];
    const secrets = valuesOf(values.map((secretSource) => ({ secretSource })));
    const revealed = secrets?.map((source) => (source.kind === "secret" ? source.value.reveal() : ""));
    expect(revealed).toEqual(["YQ==", "ab", "pass", "s3cret"]);
  });

  test("a response never keeps what a request said", () => {
    const headers = [{ name: "x", preserveRequestValue: true, InsecureSkipHeaderNormalization: true }];
    const { result } = resolve({ injectRequestHeaders: headers, injectResponseHeaders: headers });
    expect(result.requestHeaders).toEqual([{ name: "x", preserveRequestValue: true, exactNameOnly: true, values: [] }]);
    expect(result.responseHeaders).toEqual([
      { name: "x", preserveRequestValue: false, exactNameOnly: true, values: [] },
    ]);
  });

  const A = 'invalid header "X-A": invalid values: ';
  const ONE = "multiple values specified for secret source: specify either value, fromEnv of fromFile.";
  const rows: readonly [string, readonly Parts[], readonly string[]][] = [
    ["no name", [{}], ["[0].name: injectResponseHeaders: header has empty name: names are required for all headers."]],
    [
      "a name that is none",
      [{ name: "a b" }],
      ['[0].name: injectResponseHeaders: header "a b" has a name that HTTP does not allow.'],
    ],
    [
      "a name twice",
      [{ name: "a" }, { name: "a" }, { name: "A" }],
      ['[1].name: injectResponseHeaders: multiple headers found with name "a": header names must be unique.'],
    ],
    [
      "both and neither",
      [{ name: "X-A", values: [{}, { claimSource: { claim: "user" }, secretSource: { value: "x" } }] }],
      [
        `[0].values[0]: injectResponseHeaders: ${A}header value has multiple entries: only one entry per value is allowed.`,
        `[0].values[1]: injectResponseHeaders: ${A}header value has multiple entries: only one entry per value is allowed.`,
      ],
    ],
    [
      "secrets",
      [
        {
          name: "X-A",
          values: [
            { secretSource: {} },
            { secretSource: { value: "a", fromEnv: "PASSWORD" } },
            { secretSource: { fromEnv: "NONE" } },
            { secretSource: { fromFile: "/no" } },
            { secretSource: { fromFile: "/two-lines" } },
          ],
        },
      ],
      [
        `[0].values[0].secretSource: injectResponseHeaders: ${A}${ONE}`,
        `[0].values[1].secretSource: injectResponseHeaders: ${A}${ONE}`,
        `[0].values[2].secretSource: injectResponseHeaders: ${A}error loading secret from environent: no value for for key "NONE".`,
        `[0].values[3].secretSource: injectResponseHeaders: ${A}error loadig secret from file: stat /no: no such file or directory.`,
        `[0].values[4].secretSource: injectResponseHeaders: ${A}the secret has a control character in it, such as a line end.`,
      ],
    ],
    [
      "claims",
      [
        {
          name: "X-A",
          values: [
            { claimSource: { claim: "" } },
            { claimSource: { claim: "usr" } },
            { claimSource: { claim: "user", basicAuthPassword: { value: "" } } },
          ],
        },
      ],
      [
        `[0].values[0].claimSource: injectResponseHeaders: ${A}claim should not be empty.`,
        '[0].values[1].claimSource.claim: warning: there is no claim "usr", so the header stays empty.',
        `[0].values[2].claimSource.basicAuthPassword: injectResponseHeaders: ${A}invalid basicAuthPassword: ${ONE}`,
      ],
    ],
  ];
  test.each(rows)("%s", (_name, headers, expected) => {
    expectProblems(
      { injectResponseHeaders: headers },
      expected.map((problem) => `injectResponseHeaders${problem}`),
    );
  });
});
