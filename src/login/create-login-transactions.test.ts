import { beforeEach, describe, expect, test } from "bun:test";

import { createKeyRing } from "../crypto/seal.ts";
import { createLoginTransactions } from "./create-login-transactions.ts";
import type { LoginTransactions } from "./login-transactions.ts";

let now: number;
const transactionsWith = (key: number): LoginTransactions =>
  createLoginTransactions({
    keyRing: createKeyRing([new Uint8Array(32).fill(key)]),
    clock: () => now,
    cookie: {
      name: "unused",
      prefix: true,
      domains: [],
      path: "/",
      secure: true,
      httpOnly: true,
      sameSite: "Lax",
    },
  });

/** A cookie jar that does what `Set-Cookie` says. */
class Jar {
  readonly cookies = new Map<string, string>();
  request(): Request {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return new Request("https://auth.example.com/", { headers: { cookie } });
  }
  apply(setCookies: readonly string[]): void {
    for (const line of setCookies) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (line.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

const start = { connectorId: "corp", redirectUri: "https://auth.example.com/oauth2/callback", returnTarget: "/page" };

function begin(transactions: LoginTransactions, jar: Jar): string {
  const { transaction, setCookies } = transactions.begin(jar.request(), start);
  jar.apply(setCookies);
  return transaction.state;
}

beforeEach(() => {
  now = 1_800_000_000;
});

describe("logins in flight", () => {
  test("parallel tabs all finish, in any order, each with its own nonce and verifier", () => {
    const [transactions, jar] = [transactionsWith(1), new Jar()];
    const states = [begin(transactions, jar), begin(transactions, jar), begin(transactions, jar)];
    expect(jar.cookies.size).toBe(3);
    const verifiers = states.toReversed().map((state) => {
      const { pending, setCookies } = transactions.finish(jar.request(), state);
      jar.apply(setCookies);
      expect(pending?.returnTarget).toBe("/page");
      return pending?.codeVerifier;
    });
    expect(new Set(verifiers).size).toBe(3);
    expect(jar.cookies.size).toBe(0);
  });

  test("at most five; the oldest is dropped", () => {
    const [transactions, jar] = [transactionsWith(1), new Jar()];
    const states: string[] = [];
    for (let tab = 0; tab < 7; tab += 1) {
      now += 1;
      states.push(begin(transactions, jar));
    }
    expect(jar.cookies.size).toBe(5);
    const found = states.map((state) => transactions.finish(jar.request(), state).pending !== undefined);
    expect(found).toEqual([false, false, true, true, true, true, true]);
  });

  test("a replayed callback finds nothing, even when the browser sends the deleted cookie again", () => {
    const [transactions, jar] = [transactionsWith(1), new Jar()];
    const state = begin(transactions, jar);
    const kept = jar.request();
    expect(transactions.finish(kept, state).pending?.state).toBe(state);
    expect(transactions.finish(kept, state).pending).toBeUndefined();
  });

  test("another browser, another key, a state that was not ours, ten minutes later: nothing", () => {
    const [transactions, jar] = [transactionsWith(1), new Jar()];
    const state = begin(transactions, jar);
    expect(transactions.finish(new Jar().request(), state).pending).toBeUndefined();
    expect(transactionsWith(2).finish(jar.request(), state).pending).toBeUndefined();
    expect(transactions.finish(jar.request(), "guessed").pending).toBeUndefined();
    now += 601;
    expect(transactions.finish(jar.request(), state).pending).toBeUndefined();
  });

  test("the cookie is bound to this host and tells nothing", () => {
    const [transactions, jar] = [transactionsWith(1), new Jar()];
    const { transaction, setCookies } = transactions.begin(jar.request(), start);
    expect(setCookies[0]).toMatch(
      /^__Host-gatehouse_login_\w+_[0-9a-f]{16}=[\w.-]+; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(setCookies[0]).not.toContain(transaction.codeVerifier);
  });
});
