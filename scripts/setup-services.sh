#!/usr/bin/env bash
# Install the real parts that the tests run against. Debian family and root only; elsewhere it says what it would need.
set -euo pipefail
"$(dirname "$0")/setup-go-tools.sh" || echo "setup:services: the Go programs of test/clients were not built" >&2
packages=(
  nginx-light libnginx-mod-http-set-misc caddy wrk chromium redis-server postgresql mariadb-server
  slapd apache2 libapache2-mod-auth-openidc
)
PATH=$PATH:/usr/sbin
missing=()
for package in "${packages[@]}"; do
  case $package in
    nginx-light) command -v nginx >/dev/null || missing+=("$package") ;;
    libnginx-mod-http-set-misc) [ -e /usr/lib/nginx/modules/ngx_http_set_misc_module.so ] || missing+=("$package") ;;
    postgresql) ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=("$package") ;;
    mariadb-server) command -v mariadbd >/dev/null || missing+=("$package") ;;
    libapache2-mod-auth-openidc) [ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || missing+=("$package") ;;
    *) command -v "$package" >/dev/null || missing+=("$package") ;;
  esac
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "setup:services: not a Debian family machine, or not root; not installed: ${missing[*]}" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
