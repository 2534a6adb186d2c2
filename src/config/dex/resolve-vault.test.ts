import { expect, test } from "bun:test";

import type { SigningConfiguration } from "../provider-configuration.ts";
import { renderProblem } from "../problem.ts";
import { loadDexConfiguration } from "./load-dex-configuration.ts";

type Env = Readonly<Record<string, string>>;

/** The token in plain, so that it can be compared. */
function load(config: string, env: Env = {}): { readonly problems: readonly string[]; readonly signing?: object } {
  const file = `issuer: https://dex.example.com
storage: { type: memory }
web: { http: ":5556" }
enablePasswordDB: true
signer: { type: vault, config: { ${config} } }
`;
  const command = loadDexConfiguration({ readFile: () => file, env }, ["serve", "dex.yaml"]);
  if (command.kind !== "serve") throw new Error(command.kind);
  const { configuration, problems } = command.result;
  const signing = configuration?.provider?.signing;
  return { problems: problems.map(renderProblem), ...(signing === undefined ? {} : { signing: revealed(signing) }) };
}

function revealed(signing: SigningConfiguration): object {
  return signing.type === "vault" ? { ...signing, token: signing.token.reveal() } : signing;
}

const VAULT = { type: "vault", address: "https://vault:8200", token: "hvs.x", keyName: "dex" };
const VARIABLES = { VAULT_ADDR: "https://vault:8200", VAULT_TOKEN: "hvs.x\n" };

const accepted: readonly (readonly [config: string, env: Env, expected: object])[] = [
  ["addr: 'https://vault:8200', token: hvs.x, keyName: dex", {}, VAULT],
  ["keyName: dex", VARIABLES, VAULT],
  ["addr: '', token: '', keyName: dex", VARIABLES, VAULT],
  ["addr: 'http://agent/vault', keyName: dex", {}, { ...VAULT, address: "http://agent/vault", token: "" }],
  [
    "addr: 'http://other', token: hvs.y, keyName: dex",
    VARIABLES,
    { ...VAULT, address: "http://other", token: "hvs.y" },
  ],
  ["addr: 'https://vault:8200', token: $T, keyName: '${K}'", { T: "hvs.x", K: "dex" }, VAULT],
];
test.each(accepted)("%s", (config, env, expected) => {
  expect(load(config, env)).toEqual({ problems: [], signing: expected });
});

const ADDRESS = "Write an http or https address without user, query and fragment, or set VAULT_ADDR.";
const NAME = "Write the name of a key of the engine at transit/.";
const rejected: readonly (readonly [config: string, problems: readonly string[]])[] = [
  [
    "token: hvs.x",
    [
      `dex.yaml:5:24  signer.config.addr: must be specified. ${ADDRESS}`,
      `dex.yaml:5:24  signer.config.keyName: must be specified. ${NAME}`,
    ],
  ],
  ["addr: 'vault:8200', keyName: dex", [`dex.yaml:5:34  signer.config.addr: is no address. ${ADDRESS}`]],
  ["addr: 'unix:///vault', keyName: dex", [`dex.yaml:5:34  signer.config.addr: is no address. ${ADDRESS}`]],
  ["addr: 'https://me:pw@vault', keyName: dex", [`dex.yaml:5:34  signer.config.addr: is no address. ${ADDRESS}`]],
  ["addr: 'https://vault', keyName: ../x", [`dex.yaml:5:57  signer.config.keyName: is no name of a key. ${NAME}`]],
  [
    "addr: 'https://vault', keyName: dex, token: \"hvs\\nx\"",
    ["dex.yaml:5:71  signer.config.token: is no token. Write Vault's token: letters, digits and punctuation of ASCII."],
  ],
  [
    "addr: 'https://vault', keyName: dex, keysRotationPeriod: 6h",
    ['dex.yaml:5:71  signer.config.keysRotationPeriod: unknown key "keysRotationPeriod". Remove it.'],
  ],
];
test.each(rejected)("%s", (config, problems) => {
  expect(load(config)).toEqual({ problems });
});

test("a variable that Vault's own tools read and we do not", () => {
  const { problems, signing } = load("keyName: dex", {
    ...VARIABLES,
    VAULT_CACERT: "/ca.pem",
    VAULT_NAMESPACE: "team",
  });
  expect(problems).toEqual([
    "VAULT_NAMESPACE  warning: is not read for the signer. Let Vault's agent stand between, and give its address.",
    "VAULT_CACERT  warning: is not read for the signer. Give the authority's file by NODE_EXTRA_CA_CERTS.",
  ]);
  expect(signing).toEqual(VAULT);
});
