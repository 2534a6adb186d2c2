import { BerReader, BerWriter, FilterParser } from "ldapts";

/** What a scripted directory is asked to look for. */
export interface ScriptedQuery {
  readonly baseDn: string;
  readonly attributes: readonly string[];
  /** As text. */
  readonly filter: string;
}

/** Attributes as a directory may name them, with their values. */
export type ScriptedEntry = readonly [dn: string, attributes: Readonly<Record<string, readonly (string | Buffer)[]>>];

export interface Script {
  readonly search: (query: ScriptedQuery) => readonly ScriptedEntry[];
  /** LDAP result code of a bind. `hang up` = the connection ends. Default 0. */
  readonly bind?: (dn: string, password: string) => number | "hang up";
  /** Result code of a search, by default 0. */
  readonly searchCode?: number;
  /** A referral that comes with every search. */
  readonly referral?: string;
}

export interface ScriptedDirectory {
  readonly port: number;
  /** `dn password` of the binds. */
  readonly binds: string[];
  readonly queries: ScriptedQuery[];
  /** Connections that are open now. */
  open(): number;
  stop(): void;
}

/** A directory that answers what no server from a package does: as Active Directory, or badly. RFC 4511 */
export function startScriptedDirectory(script: Script): ScriptedDirectory {
  const binds: string[] = [];
  const queries: ScriptedQuery[] = [];
  let open = 0;
  const server = Bun.listen<{ rest: Buffer }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => {
        open += 1;
        socket.data = { rest: Buffer.alloc(0) };
      },
      close: () => void (open -= 1),
      data(socket, bytes) {
        const reader = new BerReader(Buffer.concat([socket.data.rest, bytes]));
        const tag = reader.readSequence();
        if (tag === null || reader.remain < reader.length) {
          socket.data.rest = Buffer.concat([socket.data.rest, bytes]);
          return;
        }
        socket.data.rest = Buffer.alloc(0); // a client of these tests waits for each answer
        const answer = answerTo(reader, script, { binds, queries });
        if (answer === "hang up") socket.end();
        else socket.write(answer);
      },
    },
  });
  return { port: server.port, binds, queries, open: () => open, stop: () => server.stop(true) };
}

interface Seen {
  readonly binds: string[];
  readonly queries: ScriptedQuery[];
}

function answerTo(reader: BerReader, script: Script, seen: Seen): Buffer | "hang up" {
  const id = reader.readInt() ?? 0;
  const operation = reader.readSequence();
  if (operation === 0x60) {
    reader.readInt();
    const [dn, password] = [reader.readString() ?? "", reader.readString(0x80) ?? ""];
    seen.binds.push(`${dn} ${password}`);
    const code = script.bind?.(dn, password) ?? 0;
    return typeof code === "number" ? result(id, 0x61, code) : code;
  }
  if (operation === 0x63) {
    const query = readQuery(reader);
    seen.queries.push(query);
    const entries = script.search(query).map((entry) => searchEntry(id, entry));
    const referrals = script.referral === undefined ? [] : [searchReference(id, script.referral)];
    return Buffer.concat([...referrals, ...entries, result(id, 0x65, script.searchCode ?? 0)]);
  }
  return "hang up"; // an unbind
}

function readQuery(reader: BerReader): ScriptedQuery {
  const baseDn = reader.readString() ?? "";
  for (const _ of ["scope", "aliases"]) reader.readEnumeration();
  for (const _ of ["size", "time"]) reader.readInt();
  reader.readBoolean();
  const filter = FilterParser.parse(reader).toString();
  const attributes: string[] = [];
  if (reader.readSequence() !== null) {
    const end = reader.offset + reader.length;
    while (reader.offset < end) attributes.push(reader.readString() ?? "");
  }
  return { baseDn, filter, attributes };
}

/** An answer with a result code and nothing else. */
function result(id: number, operation: number, code: number): Buffer {
  return message(id, operation, (writer) => {
    writer.writeEnumeration(code);
    writer.writeString("");
    writer.writeString("");
  });
}

function searchEntry(id: number, [dn, attributes]: ScriptedEntry): Buffer {
  return message(id, 0x64, (writer) => {
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of values) writer.writeBuffer(Buffer.from(value), 0x04);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
  });
}

function searchReference(id: number, address: string): Buffer {
  return message(id, 0x73, (writer) => writer.writeString(address));
}

function message(id: number, operation: number, write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(operation);
  write(writer);
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}
