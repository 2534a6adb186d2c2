import { describe, expect, test } from "bun:test";

import { parseGoUrl } from "./go-url.ts";

describe("parseGoUrl", () => {
  // Scheme, host, path and fragment, as Go's url.Parse tells them apart.
  const urls: readonly [string, readonly [string, string, string, string]][] = [
    ["", ["", "", "", ""]],
    ["http://host", ["http", "host", "", ""]],
    ["HTTP://user:pass@host:80/a%20b?q=1#frag%20ment", ["http", "host:80", "/a b", "frag ment"]],
    ["http://", ["http", "", "", ""]],
    ["file:///srv/www#/docs/", ["file", "", "/srv/www", "/docs/"]],
    ["static://202", ["static", "202", "", ""]],
    ["unix:///run/app.sock", ["unix", "", "/run/app.sock", ""]],
    ["unix:run", ["unix", "", "", ""]],
    ["/oauth2/callback", ["", "", "/oauth2/callback", ""]],
    ["nonsense", ["", "", "nonsense", ""]],
    ["//host/path", ["", "host", "/path", ""]],
    ["http://[::1]:8080/", ["http", "[::1]:8080", "/", ""]],
    ["http://a:99999/", ["http", "a:99999", "/", ""]],
  ];
  test.each(urls)("%j", (text, [scheme, host, path, fragment]) => {
    expect(parseGoUrl(text)).toEqual({ url: { scheme, host, path, fragment } });
  });

  const wrong: readonly [string, string][] = [
    ["http://[bad", "parse \"http://[bad\": missing ']' in host"],
    ["http://a b/", 'parse "http://a b/": invalid character " " in host name'],
    ["http://x:abc/", 'parse "http://x:abc/": invalid port ":abc" after host'],
    ["%zz", 'parse "%zz": invalid URL escape "%zz"'],
    [":x", 'parse ":x": missing protocol scheme'],
    ["1a:b", 'parse "1a:b": first path segment in URL cannot contain colon'],
    ["http://a/\n", 'parse "http://a/\\n": net/url: invalid control character in URL'],
  ];
  test.each(wrong)("%j is refused", (text, error) => {
    expect(parseGoUrl(text)).toEqual({ error });
  });
});
