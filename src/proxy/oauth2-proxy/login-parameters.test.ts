import { expect, test } from "bun:test";

import { createLoginParameters } from "./login-parameters.ts";

const parametersFor = createLoginParameters([
  { name: "prompt", defaults: ["login"], allow: [] },
  { name: "pick", defaults: ["a"], allow: [{ value: "a" }, { value: "b" }] },
  { name: "hint", defaults: [], allow: [{ pattern: "@example\\.com$" }] },
]);

test.each([
  [undefined, { prompt: ["login"], pick: ["a"] }],
  ["", { prompt: ["login"], pick: ["a"] }],
  ["pick=b", { prompt: ["login"], pick: ["b"] }],
  ["pick=b&pick=a&pick=z", { prompt: ["login"], pick: ["b", "a"] }],
  ["pick=z", { prompt: ["login"], pick: ["a"] }],
  ["prompt=none&state=x&client_id=y", { prompt: ["login"], pick: ["a"] }],
  ["hint=bob@example.com", { prompt: ["login"], pick: ["a"], hint: ["bob@example.com"] }],
  ["hint=bob@example.com.evil.test", { prompt: ["login"], pick: ["a"] }],
])("asked for %j", (query, expected) => {
  expect(parametersFor(query === undefined ? undefined : new URLSearchParams(query))).toEqual(expected);
});
