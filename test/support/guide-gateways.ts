import { hashPassword } from "../../src/crypto/password-hash.ts";
import { startCaddy } from "./caddy.ts";
import { freePort, startGatehouse, untilAnswering } from "./gatehouse.ts";
import { adapt, example } from "./guide.ts";
import { startNginx } from "./nginx.ts";

interface Ports {
  readonly hello: number;
  readonly gateway: number;
  readonly gatehouse: number;
}

/** A gateway as a page of the documentation sets it up, with nothing changed but addresses and TLS. */
export interface Gateway {
  /** The page with Gatehouse's side. */
  readonly guide: string;
  /** What the guide says under `trustedProxies`. */
  readonly trusted: string;
  readonly listen: string;
  readonly start: (ports: Ports) => { stop(): Promise<void> };
  readonly webSockets: boolean;
  /** Is a stranger's API call told where to sign in, in the body? */
  readonly tellsPrograms: boolean;
}

export type Running = Awaited<ReturnType<typeof startBehind>>;

const NGINX_GUIDE = "docs/guide/behind-nginx.md";
const CADDY_GUIDE = "docs/guide/behind-traefik-and-caddy.md";
const passwordHash = await hashPassword("correct horse", "bcrypt");

/** The guide's configuration, with users and applications enough for the story, behind the guide's gateway. */
export async function startBehind(gateway: Gateway, helloPort: number, trustedProxies = "127.0.0.1") {
  const gatewayPort = await freePort();
  const gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `${adapt(example(gateway.guide, "yaml"), [
      ["publicUrl: https://auth.example.com", `publicUrl: http://auth.example.com:${gatewayPort}`],
      [`listen: ${gateway.listen}`, `listen: 127.0.0.1:${port}`],
      [`trustedProxies: [${gateway.trusted}]`, `trustedProxies: [${trustedProxies}]`],
      [`name: Admin, passwordHash: "$2a$10$…" }`, `name: Admin, groups: [staff, "a,b"], passwordHash: "${passwordHash}" }, ${BOB}`],
      ["host: wiki.example.com\n", `host: "wiki.example.com:${gatewayPort}"\n    rules: [${RULES}]\n`],
      ["allow: { everyone: true }", "allow: { groups: [staff] }"],
    ])}
  - { host: open.example.com, public: true }
telemetryListen: 127.0.0.1:${telemetryPort}
`,
  ); // prettier-ignore
  const front = gateway.start({ hello: helloPort, gateway: gatewayPort, gatehouse: gatehouse.port });
  await untilAnswering(`http://127.0.0.1:${gatewayPort}/`);
  return {
    auth: `http://auth.example.com:${gatewayPort}`,
    wiki: `http://wiki.example.com:${gatewayPort}`,
    port: gatewayPort,
    log: gatehouse.process.output,
    async stop() {
      await front.stop();
      await gatehouse.stop();
    },
  };
}

const BOB = `{ email: bob@example.com, name: Bob, passwordHash: "${passwordHash}" }`;
const RULES = "{ paths: [/healthz, /open/**], methods: [GET], public: true }";

function nginxConfiguration(servers: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path t_${name};`);
  const http = `http { access_log off; ${temporary.join(" ")}\n${servers}\n}`;
  return `daemon off; pid nginx.pid; error_log stderr notice;\nevents {}\n${http}`;
}

const withoutTls = (servers: string, ports: Ports): string =>
  adapt(servers, [
    ["listen 443 ssl;", `listen 127.0.0.1:${ports.gateway};`],
    ["http://127.0.0.1:8080", `http://127.0.0.1:${ports.gatehouse}`],
    ["http://127.0.0.1:3000", `http://127.0.0.1:${ports.hello}`],
  ]).replaceAll(/^ *ssl_certificate.*$/gm, "");

const asHttp = (sites: string, ports: Ports): string =>
  sites.replaceAll(/^(\w+\.example\.com) \{$/gm, `http://$1:${ports.gateway} {\n\tbind 127.0.0.1`);

export const nginx: Gateway = {
  guide: NGINX_GUIDE,
  trusted: "127.0.0.1",
  listen: "127.0.0.1:8080",
  webSockets: true,
  tellsPrograms: false,
  start: (ports) => startNginx(nginxConfiguration(withoutTls(example(NGINX_GUIDE, "nginx"), ports))),
};

/** The README shows the locations only; the sign-in host is the guide's. */
export const nginxOfReadme: Gateway = {
  ...nginx,
  webSockets: false,
  start: (ports) => {
    const guide = withoutTls(example(NGINX_GUIDE, "nginx"), ports);
    const authServer = guide.slice(0, guide.lastIndexOf("server {"));
    const locations = adapt(example("README.md", "nginx"), [
      ["http://gatehouse:8080", `http://127.0.0.1:${ports.gatehouse}`],
      ["http://wiki:8080", `http://127.0.0.1:${ports.hello}`],
    ]);
    const listen = `listen 127.0.0.1:${ports.gateway}; server_name wiki.example.com;`;
    return startNginx(nginxConfiguration(`${authServer}\nserver { ${listen}\n${locations}\n}`));
  },
};

export const caddy: Gateway = {
  guide: CADDY_GUIDE,
  trusted: "10.0.0.0/8",
  listen: "0.0.0.0:8080",
  webSockets: true,
  tellsPrograms: true,
  start: (ports) => {
    const sites = adapt(example(CADDY_GUIDE, "caddyfile"), [
      ["gatehouse:8080", `127.0.0.1:${ports.gatehouse}`],
      ["wiki:3000", `127.0.0.1:${ports.hello}`],
    ]);
    return startCaddy(asHttp(sites, ports));
  },
};

export const caddyOfReadme: Gateway = {
  ...caddy,
  start: (ports) => {
    const site = adapt(example("README.md", "caddyfile"), [
      ["gatehouse:8080", `127.0.0.1:${ports.gatehouse}`],
      ["wiki:8080", `127.0.0.1:${ports.hello}`],
    ]);
    const auth = `auth.example.com {\n\treverse_proxy 127.0.0.1:${ports.gatehouse}\n}\n`;
    return startCaddy(asHttp(auth + site, ports));
  },
};
