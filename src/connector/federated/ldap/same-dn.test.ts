import { expect, test } from "bun:test";
import { isSameDn } from "./same-dn.ts";

test.each([
  ["cn=jane,ou=People,dc=example,dc=org", "CN=Jane, OU=people,DC=example,DC=org"],
  ["CN=Doe\\, Jane,DC=example", "cn=Doe\\2c Jane,dc=example"],
  ["CN=Doe\\, Jane,DC=example", "cn=Doe\\2C  Jane,dc=example"],
  ["cn=a\\=b,dc=x", "cn=a=b,dc=x"],
  ["cn=J\\c3\\bcrgen,dc=x", "CN=Jürgen,dc=x"],
  ["cn=a\\+b+sn=c,dc=x", "cn=a\\2bb + sn=c,dc=x"],
  ["cn=\\#1\\\\2,dc=x", "cn=\\231\\5c2,dc=x"],
])("%s is %s", (one, other) => {
  expect(isSameDn(one, other)).toBe(true);
});

test.each([
  ["cn=jane,dc=x", "cn=janet,dc=x"],
  ["cn=jane,dc=x", "cn=jane,dc=y"],
  ["cn=a\\,ou=b,dc=x", "cn=a,ou=b,dc=x"],
  ["cn=a\\+sn=b,dc=x", "cn=a+sn=b,dc=x"],
  ["cn=a\\5c2cb,dc=x", "cn=a\\2cb,dc=x"],
  ["", "cn=a"],
])("%s is not %s", (one, other) => {
  expect(isSameDn(one, other)).toBe(false);
});
