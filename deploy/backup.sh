#!/bin/sh
# Copies a state directory while its server runs, or while it does not: backup.sh STATE-DIRECTORY NEW-DIRECTORY
# What refers to something is copied before it, so that the copy never speaks of what it does not have. Databases are copied by SQLite itself
# (Node brings it), which no cp may do while somebody writes.
set -eu
umask 077
state=$1
copy=$2
mkdir "$copy"

files() {
  for name in "$@"; do if test -e "$state/$name"; then cp -R -p "$state/$name" "$copy/"; fi; done
}

databases() {
  for path in "$@"; do
    if test -e "$state/$path"; then
      "${NODE:-node}" --no-warnings --input-type=module --eval '
        import { backup, DatabaseSync } from "node:sqlite";
        const [from, to] = process.argv.slice(1);
        await backup(new DatabaseSync(from, { readOnly: true }), to);
      ' "$state/$path" "$copy/$path"
    fi
  done
}

files store token keys store.id owner.id
if test -d "$state/contracts"; then
  mkdir "$copy/contracts"
  databases contracts/evidence.db
  if test -d "$state/contracts/blobs"; then cp -R -p "$state/contracts/blobs" "$copy/contracts/"; fi
fi
if test -d "$state/denials"; then
  mkdir "$copy/denials"
  databases denials/evidence.db
fi
databases work.db platform.db health.db
# The checkpoint first: what it signs is then behind it, and what came later is taken in by the next start.
if test -d "$state/ledger"; then
  mkdir "$copy/ledger"
  if test -e "$state/ledger/checkpoint"; then cp -p "$state/ledger/checkpoint" "$copy/ledger/"; fi
  for name in "$state"/ledger/* "$state"/ledger/.known-runs; do
    if test -e "$name" && test "${name##*/}" != checkpoint; then cp -R -p "$name" "$copy/ledger/"; fi
  done
fi
files runs
databases evidence.db
files blobs
# Values of sensitive fields: those that were kept for the records of the last moment.
for kept in "$state"/runs/*/disclosures.jsonl; do
  if test -e "$kept"; then
    run=$(basename "$(dirname "$kept")")
    mkdir -p "$copy/runs/$run"
    cp -p "$kept" "$copy/runs/$run/"
  fi
done
