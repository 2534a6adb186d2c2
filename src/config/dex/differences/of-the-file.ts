import { isTrueAt, objectsAt, textAt } from "../config-object.ts";
import { always, connector, type Difference, set } from "./difference.ts";

/** What is read otherwise, and what happens at the start. */
export const FILE_DIFFERENCES: readonly Difference[] = [
  {
    was: "unknown keys are ignored, unless `DEX_CONFIG_DISALLOW_UNKNOWN_FIELDS` is true",
    is: "are an error that names the nearest known key",
    why: "a misspelt restriction restricts nobody",
    back: "remove the key",
  },
  {
    was: "of a key that is written twice, such as in another case, one counts",
    is: "is an error",
    why: "nobody can tell which one",
    back: "remove one of them",
  },
  {
    was: "`secretEnv` with a variable that is not set: the empty secret is right",
    is: "no secret is right, and the start warns",
    why: "anybody could be the client",
    back: "",
  },
  {
    was: "`idEnv` with a variable that is not set: a client without a name",
    is: "there is no such client, and the start warns",
    why: "the same",
    back: "",
  },
  {
    was: "an `issuer` without a scheme or with a query, and negative durations, are accepted",
    is: "are errors",
    why: "no client could use the tokens",
    back: "",
  },
  {
    was: "an `issuer` with `//` at the front of its path is served with one `/`",
    is: "is an error",
    why: "clients compare the issuer as it is written, and a path with two slashes names another host to browsers",
    back: "write one `/`",
  },
  {
    was: "an invalid `groupsFilter` is ignored: all groups pass",
    is: "the connector cannot be opened",
    why: "groups that were meant to be kept out would give access",
    back: "",
  },
  {
    was: "a connector that cannot be opened because of its options is offered, and fails",
    is: "is left out until the file is read again; the start warns",
    why: "people were sent to an error page",
    back: "",
  },
  {
    was: "does not start when all identity providers are down",
    is: "starts, and tries them again",
    why: "the provider comes up together with them",
    back: "`DEX_CONTINUE_ON_CONNECTOR_FAILURE=false`",
    matters: ({ provider, ...looked }) =>
      provider.requireConnectors === undefined && connector("oidc", "google", "openshift")({ provider, ...looked }),
  },
  {
    was: "does not start when the database or the folder of its file is not there",
    is: "starts, answers 503 and tells the probes, until it is there",
    why: "a restart of the database ends nothing",
    back: "",
    matters: ({ configuration }) => configuration.storage.type !== "memory",
  },
  {
    was: "`staticPasswords` without `userID`: all of them are the same subject",
    is: "the address identifies the user",
    why: "one user could read what is another's",
    back: "`userID`",
    matters: ({ root }) => objectsAt(root, "staticPasswords").some((user) => textAt(user, "userID") === ""),
  },
  {
    was: "PostgreSQL's `ssl.mode` may be `prefer` or `allow`",
    is: "is an error",
    why: "both fall back to plain text when somebody disturbs the connection",
    back: "`require` or `disable`",
  },
  {
    was: "JSON with escaped emoji (`\\ud83c\\udf89`) is no valid file",
    is: "is read",
    why: "it is JSON",
    back: "",
  },
  {
    was: "`SIGHUP` reads the TLS files again",
    is: "reads the whole file again, and stays with the last good one when it is wrong",
    why: "clients and connectors change without a restart",
    back: "",
    matters: always,
  },
  {
    was: "the gRPC API listens at `grpc.addr`",
    is: "is not there yet; the start warns",
    why: "still to be written",
    back: "",
    matters: set("grpc.addr"),
  },
  {
    was: "`telemetry.enableProfiling` shows profiles at `/debug/pprof/`",
    is: "has no effect",
    why: "there is no Go to profile",
    back: "",
    matters: ({ root }) => isTrueAt(root, "telemetry.enableProfiling"),
  },
  {
    was: "without `frontend.dir`, `theme`, `logoURL` and `extra` change the pages",
    is: "the pages are Gatehouse's own, with the name of `frontend.issuer`, in English and German",
    why: "they work without scripts, and with a keyboard",
    back: "`frontend.dir` with a copy of dex's `web` folder",
    matters: ({ provider }) => provider.frontend === undefined,
  },
];
