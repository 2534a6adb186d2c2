import { describe, expect, test } from "bun:test";
import { BerReader, BerWriter, type Filter, FilterParser } from "ldapts";
import { equals, parseFilters } from "./filter.ts";

/** The bytes that go to the directory, as hexadecimal digits. */
function bytesOf(filter: Filter): string {
  const writer = new BerWriter();
  filter.write(writer);
  return writer.buffer.toString("hex");
}

const one = (text: string): string => parseFilters(text).map(bytesOf).join(" ");
const hex = (text: string): string => Buffer.from(text).toString("hex");

describe("a configured filter", () => {
  test.each([
    ["(uid=jane)", `a30b0403${hex("uid")}0404${hex("jane")}`],
    ["(uid=)", `a3070403${hex("uid")}0400`],
    ["(mail=*)", `8704${hex("mail")}`],
    ["(cn=J\\c3\\bcrgen)", `a30d0402${hex("cn")}0407${hex("Jürgen")}`],
    ["(cn=Jürgen \\28x\\29)", `a3110402${hex("cn")}040b${hex("Jürgen (x)")}`],
    ["(objectGUID=\\ff\\00)", `a310040a${hex("objectGUID")}0402ff00`],
    ["(2.5.4.3=x)", `a30c0407${hex("2.5.4.3")}0401${hex("x")}`],
    ["(cn;lang-de=x)", `a30f040a${hex("cn;lang-de")}0401${hex("x")}`],
    ["(cn=a*b\\2ac*d)", `a4110402${hex("cn")}300b8001${hex("a")}8103${hex("b*c")}8201${hex("d")}`],
    ["(n>=1)", `a5060401${hex("n")}0401${hex("1")}`],
    ["(n<=1)", `a6060401${hex("n")}0401${hex("1")}`],
    ["(n~=1)", `a8060401${hex("n")}0401${hex("1")}`],
    ["(ou:dn:=Seattle)", `a9108202${hex("ou")}8307${hex("Seattle")}8401ff`],
    ["(:1.2.3:=x)", `a90a8105${hex("1.2.3")}8301${hex("x")}`],
    ["(&(a=1)(!(b=2)))", `a012a3060401${hex("a")}0401${hex("1")}a208a3060401${hex("b")}0401${hex("2")}`],
    ["(|(a=1)(b=2))", `a110a3060401${hex("a")}0401${hex("1")}a3060401${hex("b")}0401${hex("2")}`],
    ["(a=1)(b=2)", `a3060401${hex("a")}0401${hex("1")} a3060401${hex("b")}0401${hex("2")}`],
  ])("%s is sent as it is meant", (text, bytes) => {
    expect(one(text)).toBe(bytes);
  });

  test("of Active Directory, for accounts that are not disabled", () => {
    const text = "(&(objectcategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))";
    const sent = parseFilters(text).map((filter) =>
      FilterParser.parse(new BerReader(Buffer.from(bytesOf(filter), "hex"))),
    );
    expect(sent.map(String)).toEqual([text]);
  });

  test.each([
    "uid=jane",
    "(uid=jane",
    "(uid=jane))",
    "(&)",
    "()",
    "(=x)",
    "(uid)",
    "(!(a=1)(b=2))",
    "(cn=\\zz)",
    "(cn=\\2)",
    "(a=(b))",
    "(n>=\\ff)",
  ])("%s is none", (text) => {
    expect(() => parseFilters(text)).toThrow();
  });
});

describe("a comparison", () => {
  test.each(["*", "(", ")", "\\", "\0", "jane)(uid=*", "ü", "\\2a", ""])(
    "with %j is with exactly these bytes",
    (value) => {
      const writer = new BerWriter();
      equals("uid", Buffer.from(value)).write(writer);
      const reader = new BerReader(writer.buffer);
      expect(reader.readSequence()).toBe(0xa3);
      expect(reader.readString()).toBe("uid");
      expect(reader.readString()).toBe(value);
      expect(reader.remain).toBe(0);
    },
  );

  test("may name a matching rule", () => {
    const nested = equals("member:1.2.840.113556.1.4.1941:", Buffer.from("cn=a*(b)"));
    expect(nested.toString()).toBe("(member:1.2.840.113556.1.4.1941:=cn=a\\2a\\28b\\29)");
  });

  test.each(["", "a)(b", "a=b", "a b", "ü", ":"])("with the attribute %j is none", (attribute) => {
    expect(() => equals(attribute, Buffer.from("x"))).toThrow();
  });
});
