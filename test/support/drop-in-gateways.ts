import { startCaddy } from "./caddy.ts";
import { startNginx } from "./nginx.ts";

/** Where everything listens on the loopback. */
export interface GatewayPorts {
  readonly gateway: number;
  /** A port, or the path of a unix socket. */
  readonly gate: number | string;
  readonly application: number;
}

interface StartedGateway {
  stop(): Promise<void>;
}

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path t_${name};`);

function nginxWith(ports: GatewayPorts, locations: string, maps = ""): StartedGateway {
  // As whoever runs the tests: a unix socket in their temporary folder is theirs alone.
  return startNginx(`user root; daemon off; pid nginx.pid; error_log stderr notice;
events {}
http {
  access_log off; ${TEMPORARY.join(" ")}
  ${maps}
  map $http_upgrade $connection_upgrade { "" ""; default upgrade; }
  upstream gate { server ${typeof ports.gate === "number" ? `127.0.0.1:${ports.gate}` : `unix:${ports.gate}`}; }
  upstream backend { server 127.0.0.1:${ports.application}; }
  server {
    listen 127.0.0.1:${ports.gateway}; server_name app.example.com;
    ${locations}
  }
}`);
}

/**
 * nginx with `auth_request`, as oauth2-proxy's documentation sets it up: identity, access token, a cookie of two parts, a
 * redirect for pages and a bare 401 for an API. `$http_host` stands for its `$host`, because of the port; there is room
 * for the cookies of a large session; and the second cookie is made by `map`, because the documented `if` looks before the
 * answer is there.
 */
export function nginxAsksForEachRequest(ports: GatewayPorts): StartedGateway {
  return nginxWith(
    ports,
    `
    location /oauth2/ {
      proxy_pass http://gate;
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Auth-Request-Redirect $request_uri;
      ${LARGE_HEADERS}
    }
    location = /oauth2/auth { ${ASK} }
    location = /staff {
      internal;
      rewrite ^ /oauth2/auth?allowed_groups=admins break;
      ${ASK}
    }
    location / {
      auth_request /oauth2/auth;
      error_page 401 = @oauth2_signin;
      ${PASS_ON}
    }
    location /staff-only/ {
      auth_request /staff;
      error_page 401 = @oauth2_signin;
      proxy_pass http://backend;
    }
    location /api/ {
      auth_request /oauth2/auth;
      proxy_pass http://backend;
    }
    location @oauth2_signin { return 302 /oauth2/sign_in?rd=$scheme://$http_host$request_uri; }`,
    SECOND_COOKIE,
  );
}

const SECOND_COOKIE = `
  map $auth_cookie $cookie_attributes { default ""; "~^[^;]*(?<attributes>;.*)$" $attributes; }
  map $second_part $second_cookie { "" ""; default "_oauth2_proxy_1=$second_part$cookie_attributes"; }`;

const LARGE_HEADERS = "proxy_buffer_size 32k; proxy_buffers 8 32k; proxy_busy_buffers_size 64k;";

const ASK = `
      proxy_pass http://gate;
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-Uri $request_uri;
      proxy_set_header Content-Length "";
      proxy_pass_request_body off;
      ${LARGE_HEADERS}`;

const PASS_ON = `
      auth_request_set $user $upstream_http_x_auth_request_user;
      auth_request_set $email $upstream_http_x_auth_request_email;
      auth_request_set $token $upstream_http_x_auth_request_access_token;
      proxy_set_header X-User $user;
      proxy_set_header X-Email $email;
      proxy_set_header X-Access-Token $token;
      auth_request_set $auth_cookie $upstream_http_set_cookie;
      auth_request_set $second_part $upstream_cookie__oauth2_proxy_1;
      add_header Set-Cookie $auth_cookie;
      add_header Set-Cookie $second_cookie;
      proxy_pass http://backend;`;

/** nginx in front of the drop-in, which is in front of the application, as the documentation's page about TLS says. */
export function nginxInFront(ports: GatewayPorts): StartedGateway {
  return nginxWith(
    ports,
    `
    location / {
      proxy_pass http://gate;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_request_buffering off; proxy_buffering off;
      ${LARGE_HEADERS}
      proxy_connect_timeout 1; proxy_send_timeout 30; proxy_read_timeout 30;
    }`,
  );
}

/** Caddy with `forward_auth`, as oauth2-proxy's documentation sets it up, and with the identity copied. */
export function caddyAsksForEachRequest(ports: GatewayPorts): StartedGateway {
  const gate = typeof ports.gate === "number" ? `127.0.0.1:${ports.gate}` : `unix/${ports.gate}`;
  return startCaddy(`http://app.example.com:${ports.gateway} {
	bind 127.0.0.1
	handle /oauth2/* {
		reverse_proxy ${gate} {
			header_up X-Real-IP {remote_host}
			header_up X-Forwarded-Uri {uri}
		}
	}
	handle {
		forward_auth ${gate} {
			uri /oauth2/auth
			header_up X-Real-IP {remote_host}
			copy_headers X-Auth-Request-User X-Auth-Request-Email
			@error status 401
			handle_response @error {
				redir * /oauth2/sign_in?rd={scheme}://{host}:${ports.gateway}{uri}
			}
		}
		reverse_proxy 127.0.0.1:${ports.application}
	}
}`);
}
