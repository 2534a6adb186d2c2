#!/bin/sh
# Build and run the conformance suite: suite.sh SUITE_CHECKOUT WORK_DIRECTORY. Needs a JDK 21 (JAVA_HOME), Maven and openssl.
# Stays in the foreground; ready when https://localhost:8443 answers. Leaves cert.pem and key.pem in WORK_DIRECTORY.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
suite=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
java=${JAVA_HOME:?}/bin/java

if [ ! -f "$work/key.pem" ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
fi

if [ ! -f "$work/classpath" ]; then
  # Without wallet libraries, which are not on Maven Central and which no OpenID Connect plan needs, and the reloader; with the database.
  perl -0pe '
    s{<dependency>\s*<groupId>org\.multipaz</groupId>.*?</dependency>}{}gs;
    s{<dependency>\s*<groupId>org\.springframework\.boot</groupId>\s*<artifactId>spring-boot-devtools.*?</dependency>}{}gs;
    s{<dependencies>}{<dependencies><dependency><groupId>de.bwaldvogel</groupId><artifactId>mongo-java-server</artifactId><version>1.47.0</version></dependency>};
  ' "$suite/pom.xml" >"$work/pom.xml"
  mvn -B -q -f "$work/pom.xml" dependency:build-classpath -DincludeScope=runtime -Dmdep.outputFile="$work/classpath.new"
  # Only what the providers' plans reach is compiled; conditions and sequences come in as they are used.
  find "$suite/src/main/java" -name '*.java' |
    grep -vE 'conformance/(authzen|ekyc|fapi|vci|vp|openbanking|condition|sequence|openid/(federation|ssf|client)|util/Mdoc)' >"$work/sources"
  rm -rf "$work/classes"
  "${java}c" -nowarn -proc:none -parameters --release 21 -encoding UTF-8 -implicit:class \
    -sourcepath "$suite/src/main/java" -cp "$(cat "$work/classpath.new")" -d "$work/classes" @"$work/sources"
  cp -r "$suite/src/main/resources/." "$work/classes/"
  mv "$work/classpath.new" "$work/classpath"
fi

small="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"$java" -Xmx512m $small -cp "$(cat "$work/classpath")" "$here/MemoryMongo.java" 27317 >"$work/mongo.log" 2>&1 &
mongo=$!
trap 'kill $mongo' EXIT
trap 'exit 0' INT TERM
cd "$work"
# The signing keys are the development ones of the checkout.
"$java" -Xmx1g $small -cp "classes:$(cat classpath)" net.openid.conformance.Application \
  --spring.mongodb.uri=mongodb://127.0.0.1:27317/test_suite --fintechlabs.devmode=true \
  --fintechlabs.base_url=https://localhost:8443 --fintechlabs.base_mtls_url=https://localhost:8444 \
  --server.address=127.0.0.1 --server.port=8443 \
  --server.ssl.certificate=file:cert.pem --server.ssl.certificate-private-key=file:key.pem \
  $(grep -E '^fintechlabs\.(signingKey|privateLinkSigningKey)=' classes/application-dev.properties | sed 's/^/--/') >suite.log 2>&1 &
application=$!
trap 'kill $mongo $application' EXIT
wait $application
