import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Configuration } from "../src/config/configuration.ts";
import { expandEnv } from "../src/config/dex/expand-env.ts";
import { loadDexConfiguration } from "../src/config/dex/load-dex-configuration.ts";
import { renderDexReference } from "../src/config/dex/render-reference.ts";
import { DEX_KEYS } from "../src/config/dex/schema.ts";
import { loadOauth2ProxyConfiguration } from "../src/config/oauth2-proxy/load-oauth2-proxy-configuration.ts";
import { OPTIONS } from "../src/config/oauth2-proxy/options.ts";
import { renderOauth2ProxyReference } from "../src/config/oauth2-proxy/render-reference.ts";
import { type LoadResult, renderProblem } from "../src/config/problem.ts";

const GOLDEN = join(import.meta.dir, "golden", "config");
const REFERENCE = join(import.meta.dir, "..", "docs", "reference");
const FUZZ = { numRuns: Number(process.env["FUZZ_RUNS"] ?? 2000) };

/** Compare with the file, or write it when `GOLDEN_UPDATE` is set. */
function expectGolden(name: string, actual: string): void {
  const path = join(GOLDEN, name);
  if (process.env["GOLDEN_UPDATE"] !== undefined) writeFileSync(path, actual);
  expect(actual).toBe(readFileSync(path, "utf8"));
}

const resolved = (result: LoadResult<Configuration>): string =>
  `${JSON.stringify(result.configuration ?? null, undefined, 2)}\n`;

const problems = (result: LoadResult<Configuration>): string =>
  result.problems.map((problem) => `${renderProblem(problem)}\n`).join("");

type Files = Readonly<Record<string, string>>;
type Env = Readonly<Record<string, string>>;

const reader = (files: Files) => (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
  return text;
};

describe("oauth2-proxy", () => {
  const golden = (name: string): string => readFileSync(join(GOLDEN, "oauth2-proxy", name), "utf8");

  function load(argv: readonly string[], env: Env = {}, files: Files = {}): LoadResult<Configuration> {
    const command = loadOauth2ProxyConfiguration({ readFile: reader(files), env }, argv);
    if (command.kind !== "serve") throw new Error(`unexpected ${command.kind}`);
    return command.result;
  }

  const loadFile = (name: string, files: Files = {}): LoadResult<Configuration> =>
    load(["--config", name], {}, { ...files, [name]: golden(name) });

  test("the exercise's file", () => {
    const result = loadFile("exercise.cfg");
    expectGolden("oauth2-proxy/exercise.resolved.json", resolved(result));
    expectGolden("oauth2-proxy/exercise.problems.txt", problems(result));
  });

  test("the exercise's arguments mean the same", () => {
    const result = load(golden("exercise.args").split("\n").filter(Boolean));
    expectGolden("oauth2-proxy/exercise.resolved.json", resolved(result));
    expect(
      result.configuration?.connectors[0]?.type === "oidc" && result.configuration.connectors[0].clientSecret.reveal(),
    ).toBe("b2F1dGgyLXByb3h5LWNsaWVudC1zZWNyZXQK");
    expect(
      result.configuration?.session.kind === "oauth2-proxy-cookie" && result.configuration.session.secret.reveal(),
    ).toBe("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  });

  test("the exercise's settings as variables mean the same", () => {
    const env = {
      OAUTH2_PROXY_HTTP_ADDRESS: "127.0.0.1:4180",
      OAUTH2_PROXY_REVERSE_PROXY: "true",
      OAUTH2_PROXY_PROVIDER: "oidc",
      OAUTH2_PROXY_PROVIDER_DISPLAY_NAME: "Dex",
      OAUTH2_PROXY_OIDC_ISSUER_URL: "http://auth.gatehouse.localhost:8080/dex",
      OAUTH2_PROXY_CLIENT_ID: "oauth2-proxy",
      OAUTH2_PROXY_CLIENT_SECRET: "b2F1dGgyLXByb3h5LWNsaWVudC1zZWNyZXQK",
      OAUTH2_PROXY_REDIRECT_URL: "http://auth.gatehouse.localhost:8080/oauth2/callback",
      OAUTH2_PROXY_EMAIL_DOMAINS: "*",
      OAUTH2_PROXY_SKIP_PROVIDER_BUTTON: "1",
      OAUTH2_PROXY_APPROVAL_PROMPT: "auto",
      OAUTH2_PROXY_COOKIE_SECRET: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
      OAUTH2_PROXY_COOKIE_SECURE: "false",
      OAUTH2_PROXY_COOKIE_DOMAINS: ".gatehouse.localhost",
      OAUTH2_PROXY_WHITELIST_DOMAINS: ".gatehouse.localhost:8080",
      OAUTH2_PROXY_UPSTREAMS: "file:///dev/null",
      OAUTH2_PROXY_SET_XAUTHREQUEST: "T",
      OAUTH2_PROXY_PASS_ACCESS_TOKEN: "true",
      OAUTH2_PROXY_COOKIE_SAMESITE: "",
    };
    expectGolden("oauth2-proxy/exercise.resolved.json", resolved(load([], env)));
  });

  const EXAMPLES = join(GOLDEN, "oauth2-proxy-examples");
  /** A file of an example, one item a line. */
  const lines = (path: string): readonly string[] =>
    existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];

  // Each folder holds `args` and `env`, one a line, and the files that these name; `resolved.json` and `messages.txt` beside them.
  test.each(readdirSync(EXAMPLES))("option set %s", (name) => {
    const folder = join(EXAMPLES, name);
    const env = Object.fromEntries(lines(join(folder, "env")).map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const readFile = (path: string): string => readFileSync(join(folder, path), "utf8");
    const argv = [...lines(join(folder, "args")), "--config-test"];
    const command = loadOauth2ProxyConfiguration({ readFile, env }, argv);
    if (command.kind !== "config-test") throw new Error(`unexpected ${command.kind}`);
    const differences = command.differences.map((difference) => `different: ${difference}\n`).join("");
    expectGolden(`oauth2-proxy-examples/${name}/messages.txt`, problems(command.result) + differences);
    expectGolden(`oauth2-proxy-examples/${name}/resolved.json`, resolved(command.result));
    expect(command.result.configuration).toBeDefined();
  });

  test("domain and group, secrets from files", () => {
    const result = loadFile("groups.cfg", {
      "/run/secrets/client": "from a file\n",
      "/run/secrets/cookie": "0123456789abcdef0123456789abcdef",
    });
    expectGolden("oauth2-proxy/groups.resolved.json", resolved(result));
    expectGolden("oauth2-proxy/groups.problems.txt", problems(result));
  });

  test("wrong: all errors at once", () => {
    const result = loadFile("wrong.cfg");
    expect(result.configuration).toBeUndefined();
    expectGolden("oauth2-proxy/wrong.problems.txt", problems(result));
  });

  const COMPLETE: Env = {
    OAUTH2_PROXY_PROVIDER: "oidc",
    OAUTH2_PROXY_OIDC_ISSUER_URL: "https://id.example.com",
    OAUTH2_PROXY_CLIENT_ID: "wiki",
    OAUTH2_PROXY_CLIENT_SECRET: "secret",
    OAUTH2_PROXY_COOKIE_SECRET: "0123456789abcdef0123456789abcdef",
    OAUTH2_PROXY_REDIRECT_URL: "https://auth.example.com/oauth2/callback",
    OAUTH2_PROXY_EMAIL_DOMAINS: "example.com",
  };
  const complete = (...argv: string[]): LoadResult<Configuration> => load(argv, COMPLETE);

  test("a complete configuration has no problem", () => {
    expect(complete().problems).toEqual([]);
  });

  const rejected: readonly [readonly string[], readonly string[]][] = [
    [["--no-such"], ["--no-such  unknown flag: --no-such. See --help."]],
    [["--cookie-secrt=x"], ["--cookie-secrt  unknown flag: --cookie-secrt. Did you mean --cookie-secret?"]],
    [["-scope=x"], ["-scope  unknown shorthand flag: -scope. Write --scope, with two dashes."]],
    [["--scope"], ["--scope  flag needs an argument: --scope. Write --scope=VALUE."]],
    [["--=x"], ["command line  bad flag syntax: --=. Write --name=value."]],
    [
      ["--cookie-expire=60"],
      [
        '--cookie-expire  invalid argument "60" for "--cookie-expire" flag: time: missing unit in duration "60". Write a duration with a unit, such as 168h or 1m30s.',
      ],
    ],
    [
      ["--cookie-secure=maybe"],
      [
        '--cookie-secure  invalid argument "maybe" for "--cookie-secure" flag: strconv.ParseBool: parsing "maybe": invalid syntax. Write true or false.',
      ],
    ],
    [
      ["--logging-max-size=x"],
      [
        '--logging-max-size  invalid argument "x" for "--logging-max-size" flag: strconv.ParseInt: parsing "x": invalid syntax. Write a whole number.',
      ],
    ],
    [
      ["--cookie-refresh=2h", "--cookie-expire=1h"],
      [
        '--cookie-refresh  cookie_refresh ("2h0m0s") must be less than cookie_expire ("1h0m0s"). Refresh earlier, or let sessions live longer.',
      ],
    ],
    [
      ["--cookie-samesite=maybe"],
      [
        "--cookie-samesite  cookie_samesite (\"maybe\") must be one of ['', 'lax', 'strict', 'none']. Write one of them, in lower case.",
      ],
    ],
    [
      [`--cookie-name=${"x".repeat(257)}`],
      ["--cookie-name  cookie name should be under 256 characters: cookie name is 257 characters. Use a shorter name."],
    ],
    [
      ["--provider=nonsense"],
      [
        "--provider  unknown provider type: nonsense. Write one of adfs, azure, bitbucket, cidaas, digitalocean, entra-id, facebook, github, gitlab, google, keycloak, keycloak-oidc, linkedin, login.gov, nextcloud, oidc, sourcehut.",
      ],
    ],
    [
      ["--upstream=ftp://user:pass@wiki"],
      [
        '--upstream  upstream "/" has invalid scheme: "ftp". Write http://host:port, https://host:port, unix:///path/of.sock or file:///directory.',
      ],
    ],
    [
      ["--upstream=http://user:s3cr3t@[wiki"],
      [
        `--upstream  error converting upstreams: could not parse upstream "http://[wiki": missing ']' in host. Write http://host:port, https://…, unix:///path, file:///directory#/path, or static://202.`,
      ],
    ],
    [
      ["--htpasswd-file=x"],
      [
        "--htpasswd-file  could not validate htpasswd: could not load htpasswd file: could not open htpasswd file: open x: it cannot be read. Check its name and its mode.",
      ],
    ],
    [
      ['--email-domain=a"b'],
      [
        '--email-domain  invalid argument "a\\"b" for "--email-domain" flag: parse error on line 1, column 2: bare " in non-quoted-field. Separate the items with commas, and put one that holds a comma into quotation marks.',
      ],
    ],
    [
      ["--config=absent.cfg"],
      [
        "--config  unable to load config file absent.cfg: open absent.cfg: no such file or directory. Check its name and its mode.",
      ],
    ],
    [
      ["--proxy-prefix=auth/"],
      ["--proxy-prefix  is not a path the proxy can own. Write a path such as /oauth2, with a slash in front."],
    ],
  ];
  test.each(rejected)("%j is refused", (argv, expected) => {
    const result = complete(...argv);
    expect(result.configuration).toBeUndefined();
    expect(result.problems.map(renderProblem)).toEqual([...expected]);
  });

  test("a word after a boolean is not its value", () => {
    const result = complete("--cookie-secure", "false", "s3cret");
    expect(result.configuration?.cookie.secure).toBe(true);
    expect(result.problems.map(renderProblem)).toEqual([
      "command line  word 2 (false): warning: is not a flag and is ignored. A boolean's value needs an equals sign: --flag=false.",
      "command line  word 3: warning: is not a flag and is ignored. A boolean's value needs an equals sign: --flag=false.",
    ]);
  });

  test("nothing at all: the original's words for everything missing", () => {
    expect(problems(load([]))).toBe(
      [
        "oauth2-proxy  --client-id: provider missing setting: client-id. Set it to what the provider knows this proxy by.",
        "oauth2-proxy  --client-secret: missing setting: client-secret or client-secret-file. Set one of them.",
        "oauth2-proxy  --cookie-secret: missing setting: cookie-secret or cookie-secret-file. Make one with: openssl rand -base64 32 | tr -- '+/' '-_'",
        "oauth2-proxy  --email-domain: missing setting for email validation: email-domain or authenticated-emails-file required. use email-domain=* to authorize all email addresses",
        "",
      ].join("\n"),
    );
  });

  const STRUCTURED = "server: { bindAddress: ':1' }\nproviders: [{ id: a, clientID: b, clientSecret: c }]\n";
  const CORE = ["--cookie-secret=0123456789abcdef", "--email-domain=*", "--alpha-config=a.yaml"];

  test("beside a structured file the flags and keys it replaces are unknown, their variables are ignored", () => {
    const files = { "a.yaml": STRUCTURED, "o.cfg": 'cookie_name = "x"\nupstreams = "http://wiki"\n' };
    const variables = { OAUTH2_PROXY_CLIENT_ID: "other", OAUTH2_PROXY_COOKIE_PATH: "/wiki" };
    const wrong = load([...CORE, "--config=o.cfg", "--scope=openid", "--pass-host-header"], variables, files);
    expect(wrong.problems.map(renderProblem)).toEqual([
      "--scope  unknown flag: --scope beside --alpha-config. Say it in the file that --alpha-config names.",
      "--pass-host-header  unknown flag: --pass-host-header beside --alpha-config. Say it in the file that --alpha-config names.",
      "OAUTH2_PROXY_CLIENT_ID  warning: is ignored beside --alpha-config. Say it in the file that --alpha-config names.",
      "o.cfg:2  upstreams: has invalid keys: upstreams beside --alpha-config. Say it in the file that --alpha-config names.",
    ]);
    const { configuration } = load(CORE, variables, files);
    expect(configuration?.connectors[0]).toMatchObject({ type: "google", clientId: "b" });
    expect(configuration?.cookie.path).toBe("/wiki");
  });

  test("converted to a structured file, flags mean the same", () => {
    const flags = [
      "--provider=oidc",
      "--oidc-issuer-url=https://id.example.com",
      "--client-id=wiki",
      "--client-secret=s",
      "--http-address=127.0.0.1:1",
      "--upstream=http://wiki/,file:///srv#/docs/,static://418",
      "--set-xauthrequest",
      "--basic-auth-password=p",
      "--allowed-group=a",
      "--prompt=login",
    ];
    const shared = ["--cookie-secret=0123456789abcdef", "--email-domain=*"];
    const converted = loadOauth2ProxyConfiguration({ readFile: reader({}), env: {} }, [
      ...flags.filter((flag) => !flag.includes("static")),
      "--upstream=http://wiki/,file:///srv#/docs/",
      "--convert-config-to-alpha",
    ]);
    const text = converted.kind === "convert" ? (converted.result.configuration ?? "") : "";
    const structured = load([...shared, "--alpha-config=a.yaml"], {}, { "a.yaml": text });
    const plain = load([
      ...shared,
      ...flags.filter((flag) => !flag.includes("static")),
      "--upstream=http://wiki/,file:///srv#/docs/",
    ]);
    expect(structured.problems).toEqual([]);
    expect(resolved(structured)).toBe(resolved(plain));
  });

  const together: readonly [readonly string[], string][] = [
    [["--config-test", "--convert-config-to-alpha"], "cannot use config-test and convert-config-to-alpha together."],
    [
      ["--alpha-config=a", "--convert-config-to-alpha"],
      "cannot use alpha-config and convert-config-to-alpha together.",
    ],
  ];
  test.each(together)("%j", (argv, expected) => {
    const command = loadOauth2ProxyConfiguration({ readFile: reader({}), env: {} }, argv);
    expect(command.kind === "convert" && command.result.problems.map(({ message }) => message)).toEqual([expected]);
  });

  test("a cookie secret's file: a line end stays where the original could start with it, and goes where it could not", () => {
    const secretOf = (text: string): string | undefined => {
      const { configuration } = load(
        ["--cookie-secret-file=f"],
        { ...COMPLETE, OAUTH2_PROXY_COOKIE_SECRET: "" },
        { f: text },
      );
      return configuration?.session.kind === "oauth2-proxy-cookie" ? configuration.session.secret.reveal() : undefined;
    };
    expect(secretOf("0123456789abcdef\n")).toBe("0123456789abcdef");
    expect(secretOf("0123456789abcde\n")).toBe("0123456789abcde\n");
    expect(secretOf("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\n")).toBe(
      "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\n",
    );
    expect(secretOf("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")).toBe(
      "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    );
    expect(secretOf("short\n")).toBeUndefined();
  });

  test("an empty pattern never opens everything, and only the first sign negates", () => {
    const argv = ["--skip-auth-route=^/a$,,GET=,!=,^/b$,", "--skip-auth-regex=", "--skip-auth-route=GET=^/c\\?x!=y"];
    expect(complete(...argv).configuration?.oauth2Proxy?.skipAuth.rules).toEqual([
      { negated: false, pathPattern: "^/a$" },
      { negated: false, pathPattern: "^/b$" },
      { method: "GET", negated: false, pathPattern: "^/c\\?x!=y" },
    ]);
  });

  test("forwarding headers: nobody's, private networks' without a list, else the list's", () => {
    const ranges = (...argv: string[]) => complete(...argv).configuration?.trustedProxies.ranges;
    expect(ranges("--trusted-proxy-ip=192.0.2.1")).toEqual([]);
    expect(ranges("--reverse-proxy", "--trusted-proxy-ip=192.0.2.1,2001:db8::/32")).toEqual([
      "192.0.2.1",
      "2001:db8::/32",
    ]);
    const standard = ranges("--reverse-proxy");
    expect(standard).toContain("127.0.0.0/8");
    expect(standard).not.toContain("0.0.0.0/0");
    expect(ranges("--reverse-proxy", "--trusted-proxy-ip=")).toEqual(standard);
  });

  test("no error repeats a secret", () => {
    const argv = [
      "--signature-key=rot13:s3cr3t",
      "--session-store-type=redis",
      "--redis-connection-url=http://user:s3cr3t@redis",
      "--upstream=http://user:s3cr3t@[wiki",
      "--cookie-secret=s3cr3t",
    ];
    const result = complete(...argv);
    expect(result.problems.length).toBeGreaterThanOrEqual(4);
    expect(problems(result)).not.toContain("s3cr3t");
  });

  test("a flag wins over a variable, a variable over the file, even with the default's value; lists replace lists", () => {
    const file =
      'cookie_name = "file"\ncookie_path = "/file"\ncookie_expire = "45m"\nwhitelist_domains = ["file"]\ncookie_samesite = "strict"\n';
    const env = {
      ...COMPLETE,
      OAUTH2_PROXY_COOKIE_NAME: "env",
      OAUTH2_PROXY_COOKIE_PATH: "/env",
      OAUTH2_PROXY_WHITELIST_DOMAINS: "env",
    };
    const argv = [
      "--config=f",
      "--cookie-name=_oauth2_proxy",
      "--cookie-expire=168h",
      "--whitelist-domain=a,b",
      "--whitelist-domain",
      '"c"',
    ];
    const { configuration } = load(argv, env, { f: file });
    expect(configuration?.cookie).toEqual({
      name: "_oauth2_proxy",
      prefix: false,
      domains: [],
      path: "/env",
      secure: true,
      httpOnly: true,
      sameSite: "Strict",
    });
    expect(configuration?.session).toMatchObject({ expireSeconds: 604_800, refreshSeconds: 0 });
    expect(configuration?.oauth2Proxy?.whitelistDomains).toEqual(["a", "b", "c"]);
  });

  test("unknown variables are warned about, those Kubernetes adds for a Service are not", () => {
    const links = {
      OAUTH2_PROXY_SERVICE_HOST: "10.96.0.7",
      OAUTH2_PROXY_SERVICE_PORT: "4180",
      OAUTH2_PROXY_SERVICE_PORT_HTTP: "4180",
      OAUTH2_PROXY_PORT: "tcp://10.96.0.7:4180",
      OAUTH2_PROXY_PORT_4180_TCP: "tcp://10.96.0.7:4180",
      OAUTH2_PROXY_PORT_4180_TCP_ADDR: "10.96.0.7",
      OAUTH2_PROXY_REDIS_PORT: "tcp://10.96.0.8:6379",
    };
    const wrong = {
      OAUTH2_PROXY_EMAIL_DOMAIN: "x",
      OAUTH2_PROXY_CONFIG: "f",
      OAUTH2_PROXY_PORT_NUMBER: "1",
      OAUTH2_PROXY_UNSET: "",
    };
    expect(load([], { ...COMPLETE, ...links, ...wrong }).problems.map(renderProblem)).toEqual([
      "OAUTH2_PROXY_CONFIG  warning: unknown variable, ignored: this option exists as a flag only. Use --config.",
      "OAUTH2_PROXY_EMAIL_DOMAIN  warning: unknown variable, ignored. Did you mean OAUTH2_PROXY_EMAIL_DOMAINS?",
      "OAUTH2_PROXY_PORT_NUMBER  warning: unknown variable, ignored. Remove it.",
    ]);
  });

  const secrets: readonly [string, string | undefined][] = [
    ["0123456789abcdef", undefined],
    ["0123456789abcdef01234567", undefined],
    ["0123456789abcdef0123456789abcdef", undefined],
    ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", undefined],
    ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", undefined],
    ["short", "5"],
    ["M+EyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "44"],
    ["ééééééééé", "18"],
  ];
  test.each(secrets)("cookie secret %p", (secret, length) => {
    const messages = complete(`--cookie-secret=${secret}`).problems.map((problem) => problem.message);
    const expected = `cookie_secret must be 16, 24, or 32 bytes to create an AES cipher, but is ${length} bytes.`;
    expect(messages).toEqual(length === undefined ? [] : [expected]);
  });

  test("help, version and config-test are told apart", () => {
    const kind = (...argv: string[]) =>
      loadOauth2ProxyConfiguration({ readFile: reader({}), env: COMPLETE }, argv).kind;
    expect(kind("--no-such", "--help")).toBe("help");
    expect(kind("--version")).toBe("version");
    expect(kind("--version=false")).toBe("serve");
    expect(kind("--config-test")).toBe("config-test");
  });

  test("help shows every option", () => {
    const command = loadOauth2ProxyConfiguration({ readFile: reader({}), env: {} }, ["-h"]);
    const text = command.kind === "help" ? command.text : "";
    expect(OPTIONS.filter((option) => !text.includes(`\n  --${option.flag}`))).toEqual([]);
    expect(text).toContain(
      "  --redis-username string\n        User name for Redis, instead of the one in the address.\n",
    );
  });

  test("the table holds the original's 167 options, five that are flags only, and our own", () => {
    const own = OPTIONS.filter(({ section }) => section === "Gatehouse's own");
    expect(OPTIONS.filter((option) => option.flagOnly !== true).length - own.length).toBe(167);
    expect(new Set(OPTIONS.map((option) => option.flag)).size).toBe(172 + own.length);
  });

  test("docs/reference/oauth2-proxy-options.md is fresh (npm run docs:reference)", () => {
    const path = join(REFERENCE, "oauth2-proxy-options.md");
    if (process.env["GOLDEN_UPDATE"] !== undefined) writeFileSync(path, renderOauth2ProxyReference());
    expect(readFileSync(path, "utf8")).toBe(renderOauth2ProxyReference());
  });

  test("no argument, variable or file makes it throw", () => {
    const flag = fc.constantFrom(...OPTIONS.map((option) => option.flag));
    const word = fc.oneof(
      fc.string(),
      flag.map((name) => `--${name}`),
      fc.tuple(flag, fc.string()).map(([name, value]) => `--${name}=${value}`),
    );
    const key = fc.oneof(
      fc.string(),
      flag.map((name) => name.replaceAll("-", "_")),
    );
    const toml = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc
        .array(
          fc.tuple(
            key,
            fc.oneof(
              fc.jsonValue().map((value) => JSON.stringify(value)),
              fc.constantFrom("1979-05-27", "nan", "0x1F", "{ a = 1 }"),
            ),
          ),
        )
        .map((pairs) => pairs.map(([name, value]) => `${JSON.stringify(name)} = ${value}`).join("\n")),
    );
    const env = fc.dictionary(
      fc.oneof(
        fc.string(),
        flag.map((name) => `OAUTH2_PROXY_${name.toUpperCase().replaceAll("-", "_")}`),
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word), env, toml, (argv, variables, text) => {
        const command = loadOauth2ProxyConfiguration({ readFile: () => text, env: variables }, ["--config=f", ...argv]);
        if (!("result" in command)) return;
        const hasError = command.result.problems.some((problem) => problem.severity === "error");
        expect(command.result.configuration === undefined).toBe(hasError);
      }),
      FUZZ,
    );
  });
});

describe("dex", () => {
  const golden = (name: string): string => readFileSync(join(GOLDEN, "dex", name), "utf8");
  const CA = golden("ca.pem");
  const FILES = { "/tls/tls.crt": CA, "/tls/tls.key": "key", "/pki/ca.pem": CA, "/pki/key.pem": "key" };
  const BCRYPT = "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W";

  function load(
    text: string,
    env: Env = {},
    flags: readonly string[] = [],
    name = "dex.yaml",
  ): LoadResult<Configuration> {
    const command = loadDexConfiguration({ readFile: reader({ ...FILES, [name]: text }), env }, [
      "serve",
      ...flags,
      name,
    ]);
    if (command.kind !== "serve") throw new Error(`unexpected ${command.kind}`);
    return command.result;
  }

  const ENV = {
    DATA: "/var/dex",
    JANE_HASH: BCRYPT,
    WIKI_ID: "wiki",
    WIKI_SECRET: "wiki$secret",
    CORP_ID: "gate",
    CA_BASE64: btoa(CA),
    ADMIN: "admin@example.org",
  };

  test.each(["exercise", "full", "connectors"])("%s resolves", (name) => {
    const result = load(golden(`${name}.yaml`), ENV, [], `${name}.yaml`);
    expectGolden(`dex/${name}.problems.txt`, problems(result));
    expectGolden(`dex/${name}.resolved.json`, resolved(result));
  });

  test.each(["wrong", "unsupported"])("%s: all errors at once", (name) => {
    const result = load(golden(`${name}.yaml`), {}, [], `${name}.yaml`);
    expect(result.configuration).toBeUndefined();
    expectGolden(`dex/${name}.problems.txt`, problems(result));
  });

  test("secrets: static ones stay as they are, a connector's is expanded, a variable's is taken as it is", () => {
    const exercise = load(golden("exercise.yaml")).configuration;
    expect(exercise?.provider?.clients[0]?.secret.reveal()).toBe("b2F1dGgyLXByb3h5LWNsaWVudC1zZWNyZXQK");
    const full = load(golden("full.yaml"), ENV).configuration;
    expect(full?.provider?.clients[0]?.secret.reveal()).toBe("wiki$secret");
    expect(secretOf(full)).toBe("ab");
    expect(secretOf(load(golden("full.yaml"), { ...ENV, DEX_EXPAND_ENV: "false" }).configuration)).toBe("a$$b");
  });

  function secretOf(configuration: Configuration | undefined): string | undefined {
    const [upstream] = (configuration?.connectors ?? []).flatMap((one) =>
      one.type === "federated" && one.upstream.type === "oidc" ? [one.upstream] : [],
    );
    return upstream?.clientSecret.reveal();
  }

  test("a client whose variable is not set: no secret is right, and one without an id is none", () => {
    const clients = "staticClients: [{ id: a, secretEnv: NOPE, name: A }, { idEnv: NOPE, secret: s, name: B }]\n";
    const { configuration, problems: told } = load(GOOD + clients);
    expect(told.map(renderProblem)).toEqual([
      "dex.yaml:5:26  staticClients[0].secretEnv: warning: the variable NOPE is not set, so no secret of this client is right. Set it.",
      "dex.yaml:5:56  staticClients[1].idEnv: warning: the variable NOPE is not set, so there is no such client. Set it.",
    ]);
    const left = configuration?.provider?.clients ?? [];
    expect(left.map(({ id }) => id)).toEqual(["a"]);
    const secrets = new Set(["", left[0]?.secret.reveal(), left[0]?.secret.reveal()]);
    expect(secrets.size).toBe(3);
  });

  const GOOD = `issuer: https://dex.example.com
storage: { type: memory }
web: { http: "127.0.0.1:5556" }
enablePasswordDB: true
`;

  test("a small configuration has no problem", () => {
    expect(load(GOOD).problems).toEqual([]);
  });

  const rejected: readonly [string, readonly string[]][] = [
    [
      "",
      [
        "dex.yaml:1:1  issuer: no issuer specified in config file. Set it to the provider's address.",
        "dex.yaml:1:1  storage: no storage supplied in config file. Set storage.type, such as sqlite3.",
        "dex.yaml:1:1  web: must supply a HTTP/HTTPS  address to listen on. Set web.http, such as 0.0.0.0:5556.",
        "dex.yaml:1:1  connectors: server: no connectors specified. Add a connector, or set enablePasswordDB: true.",
      ],
    ],
    [`${GOOD}madeUp: 1\n`, ['dex.yaml:5:1  madeUp: unknown key "madeUp". Remove it.']],
    [
      `${GOOD}staticClient: []\n`,
      ['dex.yaml:5:1  staticClient: unknown key "staticClient". Did you mean staticClients?'],
    ],
    [`${GOOD}Issuer: x\n`, ["dex.yaml:5:1  Issuer: given twice. Keep one."]],
    [
      GOOD.replace("memory", "oracle"),
      ['dex.yaml:2:12  storage.type: unknown storage type "oracle". Did you mean memory?'],
    ],
    [`${GOOD}signer: {}\n`, ['dex.yaml:5:1  signer.type: unknown signer type "". Did you mean local?']],
    [`${GOOD}staticClients: {}\n`, ["dex.yaml:5:1  staticClients: cannot unmarshal object into a list. Write a list."]],
    ["- a\n", ["dex.yaml:1:1  cannot unmarshal array into a mapping. Write keys with values."]],
  ];
  test.each(rejected)("%j", (text, expected) => {
    const result = load(text);
    expect(result.configuration).toBeUndefined();
    expect(result.problems.map(renderProblem)).toEqual([...expected]);
  });

  const syntax: readonly [string, string][] = [
    ["issuer: [", "dex.yaml:1:10"],
    ["issuer:\n\t- x\n", "dex.yaml:2:1"],
    ["a: *nobody\n", "dex.yaml:1:4"],
  ];
  test.each(syntax)("%j is not YAML", (text, place) => {
    const rendered = load(text).problems.map(renderProblem);
    expect(
      rendered.filter((line) => line.startsWith(`${place}  error parse config file dex.yaml: yaml: line `)),
    ).toHaveLength(1);
  });

  const usage: readonly [readonly string[], readonly string[]][] = [
    [["serve"], ["dex serve  accepts 1 arg(s), received 0. See dex serve --help."]],
    [["serve", "a", "b"], ["dex serve  accepts 1 arg(s), received 2. See dex serve --help."]],
    [
      ["serve", "nope.yaml"],
      [
        "nope.yaml  failed to read config file nope.yaml: open nope.yaml: no such file or directory. Check its name and its mode.",
      ],
    ],
    [
      ["serve", "--web-htp-addr=x", "-x", "--telemetry-addr"],
      [
        "--web-htp-addr  unknown flag: --web-htp-addr. Did you mean --web-http-addr?",
        "-x  unknown shorthand flag: -x. See dex serve --help.",
        "--telemetry-addr  flag needs an argument: --telemetry-addr. Write --telemetry-addr=VALUE.",
        "dex serve  accepts 1 arg(s), received 0. See dex serve --help.",
      ],
    ],
  ];
  test.each(usage)("%j", (argv, expected) => {
    const command = loadDexConfiguration({ readFile: reader({}), env: {} }, argv);
    expect(command.kind === "serve" ? command.result.problems.map(renderProblem) : []).toEqual([...expected]);
  });

  test("flags win over the file", () => {
    const tls = GOOD.replace("web: { ", "web: { tlsCert: /tls/tls.crt, tlsKey: /tls/tls.key, ");
    const flags = ["--web-http-addr", "127.0.0.1:1", "--telemetry-addr=127.0.0.1:2", "--web-https-addr=127.0.0.1:3"];
    const { configuration } = load(tls, {}, flags);
    expect(configuration?.listeners.map(({ address }) => address)).toEqual([
      { kind: "tcp", host: "127.0.0.1", port: 1 },
      { kind: "tcp", host: "127.0.0.1", port: 3 },
    ]);
    expect(configuration?.telemetryListeners).toEqual([{ address: { kind: "tcp", host: "127.0.0.1", port: 2 } }]);
    expect(load(GOOD, {}, ["--grpc-addr=:1"]).problems.map(renderProblem)).toEqual([
      "--grpc-addr  warning: the gRPC API is not there yet: nothing listens here. Make no changes over it meanwhile.",
    ]);
  });

  test("variables that change the meaning are not ignored", () => {
    const env = { DEX_SESSIONS_ENABLED: "true", DEX_API_CONNECTORS_CRUD: "1", DEX_ENT_ENABLED: "false" };
    expect(load(GOOD, env).problems.map(renderProblem)).toEqual([
      "DEX_API_CONNECTORS_CRUD  warning: has no effect. Connectors in the storage are used; the gRPC API that changes them is not there yet.",
      "DEX_SESSIONS_ENABLED  not supported yet: DEX_SESSIONS_ENABLED. Remove it, or keep the original for now.",
    ]);
    const on = { DEX_CLIENT_CREDENTIAL_GRANT_ENABLED_BY_DEFAULT: "T", DEX_FRONTEND_DIR: "/srv/dex/web" };
    const { provider } = load(GOOD, on).configuration ?? {};
    expect(provider?.grantTypes).toContain("client_credentials");
    expect(provider?.frontend?.directory).toBe("/srv/dex/web");
    const off = load(GOOD).configuration?.provider;
    expect(off?.grantTypes).not.toContain("client_credentials");
    expect(off?.frontend).toBeUndefined();
  });

  test("a connector that cannot be opened is left out, or stops the start where it must", () => {
    const broken = `${GOOD}connectors: [{ type: ldap, id: l, name: L, config: { host: h } }]\n`;
    const tolerated = load(broken);
    expect(tolerated.configuration?.connectors.map(({ id }) => id)).toEqual(["local"]);
    expect(tolerated.problems.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
    const refused = load(broken, { DEX_CONTINUE_ON_CONNECTOR_FAILURE: "false" });
    expect(refused.problems.map(renderProblem)).toEqual([
      'dex.yaml:5:44  connectors[0].config.userSearch.baseDN: ldap: missing required field "userSearch.baseDN". Set it.',
      'dex.yaml:5:44  connectors[0].config.userSearch.username: ldap: missing required field "userSearch.username". Name the attribute.',
    ]);
    expect(load(GOOD, { DEX_CONTINUE_ON_CONNECTOR_FAILURE: "0" }).configuration?.provider?.requireConnectors).toBe(
      true,
    );
    expect(load(broken.replace("enablePasswordDB: true\n", "")).problems.map(({ message }) => message)).toContain(
      "server: failed to open all connectors (1/1).",
    );
  });

  test("help and version", () => {
    const kind = (...argv: string[]) => loadDexConfiguration({ readFile: reader({}), env: {} }, argv).kind;
    expect([kind(), kind("serve", "--help"), kind("version"), kind("nonsense")]).toEqual([
      "help",
      "help",
      "version",
      "help",
    ]);
  });

  const expansions: readonly [string, string][] = [
    ["$A", "1"],
    ["${A}b", "1b"],
    ["$Ab", ""],
    ["x$UNSET-y", "x-y"],
    ["100$", "100$"],
    ["a$ b", "a$ b"],
    ["a$$b", "ab"],
    ["$1x", "x"],
    ["${}a${b", "ab"],
    ["$toString", ""],
  ];
  test.each(expansions)("%p expands to %p", (text, expected) => {
    expect(expandEnv(text, { A: "1" })).toBe(expected);
  });

  test("docs/reference/dex-options.md is fresh (npm run docs:reference)", () => {
    const path = join(REFERENCE, "dex-options.md");
    if (process.env["GOLDEN_UPDATE"] !== undefined) writeFileSync(path, renderDexReference());
    expect(readFileSync(path, "utf8")).toBe(renderDexReference());
  });

  test("no file, variable or argument makes it throw", () => {
    const name = fc.constantFrom(
      ...DEX_KEYS.flatMap((key) => key.path.split(/\[?\]?\./)),
      "config",
      "file",
      "type",
      "<<",
    );
    const leaf = fc.oneof(
      fc.string(),
      fc.constantFrom("oidc", "sqlite3", "local", "*a", "&a x", "yes", "$A", "1h"),
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(name, tie("tree"), { maxKeys: 6 }),
      ),
    }));
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.dictionary(name, tree).map((value) => JSON.stringify(value)),
      fc
        .tuple(fc.dictionary(name, tree), fc.string())
        .map(([value, tail]) => `${JSON.stringify(value).replaceAll('"', "")}${tail}`),
      fc
        .array(
          fc.constantFrom("a: &a", "<<: *a", "- *a", "  issuer: x", "connectors:", "- &a", "  - {", "}", "storage: *a"),
          { maxLength: 8 },
        )
        .map((lines) => lines.join("\n")),
    );
    fc.assert(
      fc.property(
        text,
        fc.dictionary(fc.constantFrom("DEX_EXPAND_ENV", "A"), fc.string()),
        fc.array(fc.string(), { maxLength: 3 }),
        (file, env, argv) => {
          const command = loadDexConfiguration({ readFile: () => file, env }, [
            "serve",
            "f",
            ...(argv.length > 2 ? argv : []),
          ]);
          if (command.kind !== "serve") return;
          const hasError = command.result.problems.some((problem) => problem.severity === "error");
          expect(command.result.configuration === undefined).toBe(hasError);
        },
      ),
      FUZZ,
    );
  });
});
