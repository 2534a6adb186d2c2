import { expect, test } from "bun:test";

import { parseEmailsFile } from "./emails-file.ts";

test("an e-mail file holds the first field of each line, in lower case", () => {
  const text =
    '# people\nAlice@Example.com\n  bob@example.com , Bob\n"carol@example.com",x\n\r\n"d""x@example.com"\n#z@example.com\n';
  expect([...parseEmailsFile(text)]).toEqual([
    "alice@example.com",
    "bob@example.com",
    "carol@example.com",
    'd"x@example.com',
  ]);
});

test("a ragged line does not lose the others", () => {
  expect([...parseEmailsFile("a@x.test\nb@x.test,1,2\nc@x.test,1\n")]).toEqual(["a@x.test", "b@x.test", "c@x.test"]);
});

test("letters that only fold to ASCII stay other letters", () => {
  expect(parseEmailsFile("\u212Aate@x.test").has("kate@x.test")).toBe(false);
});
