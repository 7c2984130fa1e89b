#!/bin/sh
# Makes what compose.yaml reads beside the image: development certificates, a signing key, a password. For trying it out: in
# production each of these comes from where you keep such things. Nothing is written over.
#   VERBATIM="$PWD/node_modules/.bin/node $PWD/src/main/bin.ts" sh deploy/prepare.sh [DIRECTORY]
set -eu
umask 077
cd "${1:-$(dirname "$0")}"
test ! -e secrets || { echo "There is a directory secrets here: $(pwd)/secrets" >&2; exit 2; }

${VERBATIM:-verbatim} certs init --name api --client spiffe://verbatim/submitter --client spiffe://verbatim/approver \
  --client spiffe://verbatim/operator --client spiffe://verbatim/probe
mkdir secrets
openssl genpkey -algorithm ed25519 -out secrets/signing.pem
password=$(openssl rand -hex 24)
printf '%s' "$password" > secrets/postgres-password
printf 'postgres://verbatim:%s@postgres/verbatim' "$password" > secrets/evidence-url
# The one file that another user reads, the database's; nobody else gets into its directory.
chmod 444 secrets/postgres-password
