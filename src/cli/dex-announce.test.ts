import { expect, test } from "bun:test";

import { loadDexConfiguration } from "../config/dex/load-dex-configuration.ts";
import { createLog } from "../telemetry/create-log.ts";
import { announceDex } from "./dex-announce.ts";

const FILE = `issuer: https://dex.example.com/dex
storage: { type: sqlite3, config: { file: /var/dex/dex.db } }
web: { http: ":5556", https: 0.0.0.0:5554, tlsCert: crt, tlsKey: key }
telemetry: { http: 127.0.0.1:5558 }
oauth2: { skipApprovalScreen: true }
enablePasswordDB: true
staticClients: [{ id: app, name: The App, secret: s }]
connectors: [{ type: mockCallback, id: mock, name: Mock }]
logger: { excludeFields: [issuer] }
`;

test("the start is told in dex's words, in dex's format", () => {
  const command = loadDexConfiguration({ readFile: () => FILE, env: {} }, ["serve", "dex.yaml"]);
  const configuration = command.kind === "serve" ? command.result.configuration : undefined;
  if (configuration === undefined) throw new Error("not usable");
  const lines: string[] = [];
  announceDex(
    createLog({ ...configuration.logging, clock: () => 0, write: (line) => void lines.push(line) }),
    configuration,
  );
  expect(lines.map((line) => line.replace("time=1970-01-01T00:00:00.000Z level=INFO ", ""))).toEqual([
    expect.stringMatching(/^msg="Version info" dex_version="gatehouse .+"$/),
    'msg="config issuer"',
    'msg="config storage" storage_type=sqlite3',
    'msg="config static client" client_name="The App"',
    'msg="config connector" connector_id=mock',
    'msg="config connector: local passwords enabled"',
    'msg="config skipping approval screen"',
    'msg="signer configured" type=local keys_rotation_period=6h0m0s',
    'msg="config refresh tokens rotation" enabled=true',
    'msg="listening on" server=telemetry address=127.0.0.1:5558',
    'msg="listening on" server=http address=[::]:5556',
    'msg="listening on" server=https address=0.0.0.0:5554',
  ]);
});
