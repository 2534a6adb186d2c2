import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ConnectorError } from "../../src/connector/connector-error.ts";
import type {
  Connector,
  LoginTransaction,
  PasswordConnector,
  RedirectConnector,
} from "../../src/connector/connector.ts";
import type { Identity, Login } from "../../src/protocol/identity.ts";

/** An upstream of a redirect connector, as the suite drives it. Started anew for every test. */
export interface RedirectUpstream {
  readonly connector: RedirectConnector;
  /** What the connector must say about who signs in. Groups are what it makes of `staff` and `admins`. */
  readonly identity: Identity;
  /** What the connector makes of groups of the upstream. Default: the same. */
  groupsOf?(groups: readonly string[]): readonly string[];
  /** Follow the authorization URL as the person's browser would, and return the parameters of the callback. */
  signIn(authorizationUrl: URL): Promise<URLSearchParams>;
  /** From now on the person is in these groups only. */
  changeGroups(groups: readonly string[]): void;
  /** From now on the person is somebody else. */
  changeSubject(): void;
  setReachable(reachable: boolean): void;
  /** From now on nothing that was handed out can be renewed. */
  revoke(): void;
  stop(): Promise<void>;
}

export interface RedirectSuite<U extends RedirectUpstream> {
  start(): Promise<U>;
  /** Is a code bound to its login by more than `state`, which `login/` compares: a nonce or PKCE? Default: yes. */
  readonly bindsCodes?: boolean;
  /** Can an identity be renewed without the browser? Default: yes. */
  readonly renews?: boolean;
  /** Ways for the upstream (or somebody in its place) to answer wrongly. No login may come of any. */
  readonly hostile: Readonly<Record<string, (upstream: U) => unknown>>;
  /** The same for a renewal. */
  readonly hostileAtRefresh: Readonly<Record<string, (upstream: U) => unknown>>;
  /** Ways to answer oddly that must do no harm. */
  readonly tolerated: Readonly<Record<string, (upstream: U) => unknown>>;
}

const TRANSACTION: LoginTransaction = {
  connectorId: "corp",
  state: "a-state",
  nonce: "a-nonce",
  codeVerifier: "a-verifier-of-at-least-forty-three-characters",
  redirectUri: "http://127.0.0.1:1/callback",
};

/** The contract of a connector that redirects the browser. A new one is done when this passes. */
export function redirectConnectorSuite<U extends RedirectUpstream>(name: string, suite: RedirectSuite<U>): void {
  describe(`${name} keeps the contract of a redirect connector`, () => {
    let upstream: U;
    beforeEach(async () => {
      upstream = await suite.start();
    });
    afterEach(async () => {
      upstream.connector.close?.();
      await upstream.stop();
    });
    const signIn = (transaction = TRANSACTION): Promise<Login> => signInAt(upstream, transaction);

    test("says who signed in", async () => {
      const login = await signIn();
      expect(login.identity).toEqual(upstream.identity);
      expect(upstream.connector.status()).toEqual({ reachable: true });
    });

    test("carries the state, and the callback it was told, to the upstream", async () => {
      const url = await upstream.connector.authorizationUrl(TRANSACTION);
      expect(url.searchParams.get("state")).toBe("a-state");
      expect((await upstream.signIn(url)).get("state")).toBe("a-state");
    });

    test("never sends a secret through the browser", async () => {
      const { href } = await upstream.connector.authorizationUrl(TRANSACTION);
      expect(href).not.toContain(TRANSACTION.codeVerifier);
      expect(href).not.toContain("secret");
    });

    test.each(["code=wrong", "code=", "", "error=access_denied", "code=a&code=b"])(
      "lets nobody in for the callback %j",
      async (query) => {
        const callback = await upstream.signIn(await upstream.connector.authorizationUrl(TRANSACTION));
        callback.delete("code");
        for (const [key, value] of new URLSearchParams(query)) callback.append(key, value);
        const error = await failureOf(upstream.connector.redeem(callback, TRANSACTION));
        expect(["denied", "untrusted"]).toContain(error.reason);
        expect(error.status).toBe(403);
      },
    );

    test("redeems a code once", async () => {
      const callback = await upstream.signIn(await upstream.connector.authorizationUrl(TRANSACTION));
      await upstream.connector.redeem(callback, TRANSACTION);
      expect((await failureOf(upstream.connector.redeem(callback, TRANSACTION))).reason).toBe("denied");
    });

    const bindsCodes = suite.bindsCodes ?? true;
    if (bindsCodes) {
      test("refuses a code that another browser's login began", async () => {
        const callback = await upstream.signIn(await upstream.connector.authorizationUrl(TRANSACTION));
        const other = { ...TRANSACTION, nonce: "another-nonce", codeVerifier: "b".repeat(43) };
        const error = await failureOf(upstream.connector.redeem(callback, other));
        expect(["denied", "untrusted"]).toContain(error.reason);
      });
    }

    test("says unreachable, and never denied, when the upstream is down", async () => {
      const callback = await upstream.signIn(await upstream.connector.authorizationUrl(TRANSACTION));
      upstream.setReachable(false);
      const error = await failureOf(upstream.connector.redeem(callback, TRANSACTION));
      expect(error).toMatchObject({ reason: "unreachable", status: 503, retryAfterSeconds: 10 });
    });

    test.each(Object.entries(suite.tolerated))("is not confused by an upstream with %s", async (_name, bend) => {
      await signIn();
      await bend(upstream);
      expect((await signIn()).identity).toEqual(upstream.identity);
    });

    test.each(Object.entries(suite.hostile))("lets nobody in for %s", async (_name, bend) => {
      await signIn(); // whatever is cached at a first login must not open the door at the second
      await bend(upstream);
      const error = await failureOf(signIn());
      expect(error).toMatchObject({ reason: "untrusted", status: 403 });
      expectNoSecrets(error);
    });

    if (suite.renews ?? true) renewalSuite(() => upstream, signIn, suite.hostileAtRefresh);
    else test("does not say that it could renew", () => expect(upstream.connector.refresh).toBeUndefined());
  });
}

/** What every connector that can renew an identity must hold. */
function renewalSuite<U extends RedirectUpstream>(
  current: () => U,
  signIn: () => Promise<Login>,
  hostile: Readonly<Record<string, (upstream: U) => unknown>>,
): void {
  test("renews an identity and sees changed groups", async () => {
    const login = await signIn();
    const { changeGroups, connector, identity, groupsOf = (groups: readonly string[]) => groups } = current();
    changeGroups(["staff"]);
    const renewed = await refreshOf(connector, login);
    expect(renewed.identity).toEqual({ ...identity, groups: groupsOf(["staff"]) });
    changeGroups([]);
    expect((await refreshOf(connector, renewed)).identity.groups).toEqual(groupsOf([]));
  });

  test("renews what the provider stored: the identity and the connector's own data", async () => {
    const { identity, connectorData } = await signIn();
    const stored = { identity, tokens: {}, ...(connectorData && { connectorData }) };
    expect((await refreshOf(current().connector, stored)).identity).toEqual(current().identity);
  });

  test("says revoked when the upstream refuses, and unreachable when it is down", async () => {
    const login = await signIn();
    current().setReachable(false);
    expect((await failureOf(refreshOf(current().connector, login))).reason).toBe("unreachable");
    current().setReachable(true);
    const renewed = await refreshOf(current().connector, login);
    current().revoke();
    expect((await failureOf(refreshOf(current().connector, renewed))).reason).toBe("revoked");
  });

  test("says revoked when the renewal is about somebody else", async () => {
    const login = await signIn();
    current().changeSubject();
    expect((await failureOf(refreshOf(current().connector, login))).reason).toBe("revoked");
  });

  test.each(Object.entries(hostile))("renews nothing and ends nothing for %s", async (_name, bend) => {
    const login = await signIn();
    await bend(current());
    const error = await failureOf(refreshOf(current().connector, login));
    expect(error.reason).toBe("unreachable");
    expectNoSecrets(error);
  });
}

/** Users of a password connector, as the suite drives it. Started anew for every test. */
export interface PasswordUpstream {
  readonly connector: PasswordConnector;
  readonly identity: Identity;
  readonly username: string;
  readonly password: string;
  changeGroups(groups: readonly string[]): unknown;
  removeUser(): unknown;
  wait(seconds: number): void;
  stop(): Promise<void>;
}

/** The contract of a connector that checks a password. A new one is done when this passes. */
export function passwordConnectorSuite(name: string, start: () => Promise<PasswordUpstream>): void {
  describe(`${name} keeps the contract of a password connector`, () => {
    let upstream: PasswordUpstream;
    beforeEach(async () => {
      upstream = await start();
    });
    afterEach(async () => {
      upstream.connector.close?.();
      await upstream.stop();
    });
    const login = (username = upstream.username, password = upstream.password): Promise<Login | undefined> =>
      upstream.connector.login({ username, password, clientAddress: "192.0.2.1" });
    const signedIn = async (): Promise<Login> => {
      const found = await login();
      if (found === undefined) throw new Error("the right password was refused");
      return found;
    };

    test("says who signed in", async () => {
      expect((await login())?.identity).toEqual(upstream.identity);
      expect(upstream.connector.prompt).not.toBe("");
    });

    test.each([
      ["a wrong password", (right: string) => `${right}x`],
      ["an empty password", () => ""],
      ["a password with a NUL", (right: string) => `${right}\0`],
      ["a password in another case", (right: string) => right.toUpperCase()],
    ])("refuses %s", async (_name, wrong) => {
      expect(await login(upstream.username, wrong(upstream.password))).toBeUndefined();
    });

    test.each(["nobody@example.com", "", "*", "\0", "__proto__", "a".repeat(10_000)])(
      "refuses the unknown user %j",
      async (username) => {
        expect(await login(username)).toBeUndefined();
      },
    );

    test("slows guessing down, and lets the right one in after the wait", async () => {
      const throttled = await guessUntilThrottled((attempt) => login(upstream.username, `wrong ${attempt}`));
      expect(throttled).toMatchObject({ reason: "denied", status: 429, code: "connector_throttled" });
      expect((await failureOf(login())).code).toBe("connector_throttled");
      upstream.wait(throttled.retryAfterSeconds ?? Number.NaN);
      expect((await login())?.identity).toEqual(upstream.identity);
    });

    test("renews an identity, sees changed groups, and says revoked when the user is gone", async () => {
      const first = await signedIn();
      await upstream.changeGroups(["staff"]);
      expect((await refreshOf(upstream.connector, first)).identity).toEqual({
        ...upstream.identity,
        groups: ["staff"],
      });
      await upstream.removeUser();
      expect((await failureOf(refreshOf(upstream.connector, first))).reason).toBe("revoked");
    });
  });
}

async function guessUntilThrottled(guess: (attempt: number) => Promise<unknown>): Promise<ConnectorError> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const ending = await guess(attempt).catch((error: unknown) => error);
    if (ending instanceof ConnectorError) return ending;
    expect(ending).toBeUndefined();
  }
  throw new Error("twenty wrong passwords in a row were never slowed down");
}

async function signInAt(upstream: RedirectUpstream, transaction: LoginTransaction): Promise<Login> {
  const callback = await upstream.signIn(await upstream.connector.authorizationUrl(transaction));
  return upstream.connector.redeem(callback, transaction);
}

function refreshOf(connector: Connector, login: Login): Promise<Login> {
  if (connector.refresh === undefined) throw new Error("this connector cannot refresh");
  return connector.refresh(login);
}

async function failureOf(work: Promise<unknown>): Promise<ConnectorError> {
  const ending = await work.then(
    (value) => new Error(`expected a failure, not ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (ending instanceof ConnectorError) return ending;
  throw ending;
}

/** What goes to people and to the log holds nothing that opens a door. */
function expectNoSecrets(error: ConnectorError): void {
  const told = `${error.message} ${error.publicMessage} ${error.cause instanceof Error ? error.cause.message : ""}`;
  expect(told).not.toMatch(/a secret & more|eyJ[\w-]{10,}|[0-9a-f]{32}/);
}
