#!/usr/bin/env bash
# Does the built executable work where there is nothing else? scripts/smoke.sh PATH
set -euo pipefail
executable=$(realpath "$1")
folder=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
cd "$folder"
fail() { echo "smoke: $*" >&2; cat ./*.log >&2 2>/dev/null || true; exit 1; }
answer() { curl -s -o /dev/null -w '%{http_code}' --resolve "*:18080:127.0.0.1" "$@"; }
until_answering() {
  for _ in $(seq 100); do
    [ "$(answer "$1")" != 000 ] && return
    sleep 0.1
  done
  fail "nothing answers at $1"
}

"$executable" version | grep -q '^gatehouse ' || fail "version"
hash=$(printf 'smoke test' | "$executable" hash-password) || fail "hash-password"
ln -s "$executable" dex && ./dex version | grep -q 'Dex Version' || fail "the name dex"
ln -s "$executable" oauth2-proxy && ./oauth2-proxy --version | grep -q 'oauth2-proxy' || fail "the name oauth2-proxy"

cat > gatehouse.yaml <<YAML
publicUrl: http://auth.smoke.localhost:18080
listen: 127.0.0.1:18080
telemetryListen: 127.0.0.1:19090
cookie: { domain: smoke.localhost }
connectors:
  - { id: local, type: local, users: [{ email: smoke@example.com, name: Smoke, passwordHash: "$hash" }] }
apps:
  - { host: "app.smoke.localhost:18080", allow: { everyone: true }, upstream: "http://127.0.0.1:18000" }
provider: {}
YAML
"$executable" check -c gatehouse.yaml >check.log 2>&1 || fail "check"
"$executable" hello --listen 127.0.0.1:18000 >hello.log 2>&1 & pids+=($!)
"$executable" serve -c gatehouse.yaml >serve.log 2>&1 & pids+=($!)
until_answering http://127.0.0.1:18080/ping
until_answering http://127.0.0.1:18000/
[ "$(answer http://auth.smoke.localhost:18080/.well-known/openid-configuration)" = 200 ] || fail "discovery"
[ "$(answer http://127.0.0.1:19090/readyz)" = 200 ] || fail "readyz"
[ "$(answer http://app.smoke.localhost:18080/)" = 401 ] || fail "a stranger's program gets 401"
status=$(answer -c jar -d 'connector=local&username=smoke@example.com&rd=http://app.smoke.localhost:18080/' \
  --data-urlencode 'password=smoke test' http://auth.smoke.localhost:18080/oauth2/sign_in)
[ "$status" = 302 ] || fail "sign-in answers $status"
curl -s --resolve "*:18080:127.0.0.1" -b jar -H 'Accept: application/json' http://app.smoke.localhost:18080/x |
  grep -q smoke@example.com || fail "the application does not learn who it is"
cat > dex.yaml <<YAML
issuer: http://127.0.0.1:18081/dex
storage: { type: sqlite3, config: { file: dex.db } }
web: { http: "127.0.0.1:18081" }
connectors:
  - { type: mockCallback, id: mock, name: Mock }
  - type: ldap
    id: ldap
    name: LDAP
    config:
      host: 127.0.0.1:1
      insecureNoSSL: true
      userSearch: { baseDN: dc=x, username: uid, idAttr: uid, emailAttr: mail }
  - type: saml
    id: saml
    name: SAML
    config:
      { ssoURL: "https://idp.test/", redirectURI: "http://127.0.0.1:18081/dex/callback", usernameAttr: name, emailAttr: email,
        insecureSkipSignatureValidation: true }
YAML
./dex check dex.yaml >dex-check.log 2>&1 || fail "dex check"
./dex serve dex.yaml >dex.log 2>&1 & pids+=($!)
until_answering http://127.0.0.1:18081/dex/healthz
[ "$(answer http://127.0.0.1:18081/dex/keys)" = 200 ] || fail "keys, in dex's place"
kill -TERM "${pids[1]}"
wait "${pids[1]}" || fail "SIGTERM does not end it with 0"
echo "smoke: the executable works"
