import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";

import { type Door, startDoor } from "../support/oauth2-proxy-door.ts";
import { until } from "../support/until.ts";

let door: Door;
beforeAll(async () => {
  door = await startDoor(["--skip-auth-route=^/open/", "--signature-key=sha256:key"]);
});
afterAll(() => door.stop());

/** Send a part of a body, and reset the connection. */
function giveUp(path: string): Promise<void> {
  return new Promise((resolve) => {
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    const socket = connect(door.port, "127.0.0.1", () => {
      socket.write(`${head}Content-Length: 1000\r\n\r\nrd=`);
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
    socket.on("close", () => resolve());
    socket.on("error", () => undefined);
  });
}

test.each(["/oauth2/sign_in", "/oauth2/callback", "/oauth2/start", "/open/signed"])(
  "whoever hangs up in the middle of a form to %s is no error of ours",
  async (path) => {
    await giveUp(path);
    const line = `path=${path}`;
    const isTold = (): boolean => door.output().includes(line) || door.output().includes(`"path":"${path}"`);
    await until("the log to tell of it", isTold, 5);
    const told = door.output().split("\n");
    expect(told.filter((text) => text.includes(path) && /"level":"error"|request failed/.test(text))).toEqual([]);
    expect((await fetch(`${door.url}/ping`)).status).toBe(200);
  },
);
