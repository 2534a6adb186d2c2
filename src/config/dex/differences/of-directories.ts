import { connector, type Difference } from "./difference.ts";

/** LDAP, Keystone and Crowd. */
export const DIRECTORY_DIFFERENCES: readonly Difference[] = [
  {
    was: "LDAP: a user name is escaped twice, so that special characters never match",
    is: "once",
    why: "they are people too",
    back: "",
    matters: connector("ldap"),
  },
  {
    was: "LDAP: names of attributes must be written as the server does",
    is: "in any case",
    why: "RFC 4512 §2.5",
    back: "",
  },
  {
    was: "LDAP: binary ids are read as text",
    is: "`objectGUID` is written as a GUID; other binary attributes are refused as `idAttr`, by name",
    why: "different ids can be the same text",
    back: "a text attribute as `idAttr`",
    matters: connector("ldap"),
  },
  {
    was: "LDAP: of attributes in ranges, the rest is lost",
    is: "all parts are read, or the sign-in fails",
    why: "missing groups",
    back: "",
  },
  {
    was: "LDAP: a renewal finds the same DN and goes on, whatever the id; DNs are compared as text",
    is: "another id is another person; a DN may be written otherwise",
    why: "names are given to other people",
    back: "",
    matters: connector("ldap"),
  },
  {
    was: "LDAP: nobody is bound for a user who is not there",
    is: "a made-up DN is",
    why: "how long it takes would tell who exists",
    back: "",
  },
  {
    was: "keystone: a wrong password is 500",
    is: "is a wrong password, 401",
    why: "it is one",
    back: "",
    matters: connector("keystone"),
  },
  {
    was: "keystone and Crowd: a disabled user renews",
    is: "is over",
    why: "they left",
    back: "",
    matters: connector("keystone", "atlassian-crowd"),
  },
  {
    was: "Crowd: `groups` is looked at only when a client asks for the scope `groups`",
    is: "always; who is in none is told so, 403",
    why: "a restriction is none when the client decides",
    back: "empty `groups`",
    matters: connector("atlassian-crowd"),
  },
  {
    was: "Crowd: a user who is inactive or has an expired password: 500",
    is: "a wrong password",
    why: "one answer for all",
    back: "",
  },
  {
    was: "Crowd: the user name goes into the address as it is",
    is: "encoded",
    why: "it could add parameters",
    back: "",
  },
];
