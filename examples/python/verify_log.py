"""Verifies an evidence log of Verbatim with nothing but Python's standard library.

    python3 verify_log.py events.jsonl [--head HASH]

This program shares no code with Verbatim. docs/evidence-format.md says in words what it does. It exits with 0 if the
log holds, with 5 if it does not, and with 2 if it was used wrongly or the file cannot be read.
"""

import argparse
import base64
import hashlib
import json
import re
import sys

HASH_MEMBER = re.compile(rb',"hash":"([A-Za-z0-9_-]{43})"\}\Z')


TERMINAL = ("COMPLETED", "FAILED", "REJECTED", "EXPIRED")  # states that a contract cannot leave


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")


def verify(lines):
    """Takes the lines as bytes, without line feeds; gives (run id, hashes, whether the log ended, problems)."""
    problems, hashes, run_id, previous, ended, failed = [], [], None, None, False, False
    opening, terminal = None, False
    for seq, line in enumerate(lines):
        number, found = seq + 1, HASH_MEMBER.search(line)
        try:
            record = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            record = None
        if found is None or not isinstance(record, dict):
            problems.append((number, "no JSON object that ends with a hash"))
            continue
        if run_id is None:
            run_id = record.get("run_id")
            previous = digest(b"evidence/v1\n" + str(run_id).encode("utf-8"))
            kind = str(record.get("event_type")).split(".")[0]
            opening = {"contract": "contract.submitted", "denials": "denials.opened"}.get(kind, "run.created")
        if ended and not (failed and record.get("event_type") == "run.resumed"):  # a failed run may go on
            problems.append((number, "stands after the end of the log"))
        if record.get("seq") != seq or record.get("run_id") != run_id:
            problems.append((number, "is not line %d of run %s" % (number, run_id)))
        if (record.get("event_type") == opening) != (seq == 0):
            problems.append((number, "%s must be the first line, and only the first" % opening))
        if terminal and record.get("event_type") not in ("contract.verdict", "contract.rollback", "contract.rollout"):
            problems.append((number, "stands behind the state that the contract cannot leave"))
        body = line[: found.start()] + b"}"
        if digest(previous + b"\n" + body) != found.group(1):
            problems.append((number, "the hash does not fit: changed here, or something before was changed or removed"))
        previous = found.group(1)
        hashes.append(previous.decode("ascii"))
        ended = record.get("event_type") in ("run.completed", "denials.closed")
        failed = record.get("status") == "failed"
        terminal |= record.get("event_type") == "contract.transitioned" and record.get("status") in TERMINAL
    return run_id, hashes, ended or terminal, problems


def main():
    parser = argparse.ArgumentParser(description="Verifies an evidence log of Verbatim.")
    parser.add_argument("file")
    parser.add_argument("--head", help="the hash of the last line, noted when the run ended")
    arguments = parser.parse_args()
    try:
        with open(arguments.file, "rb") as file:
            *lines, rest = file.read().split(b"\n")
    except OSError as error:
        print("verify_log: %s" % error, file=sys.stderr)
        return 2
    run_id, hashes, ended, problems = verify(lines)
    if rest:
        problems.append((len(lines) + 1, "ends without a line feed: it was cut"))
    if not lines:
        problems.append((1, "the log is empty"))
    if arguments.head is not None and (not hashes or hashes[-1] != arguments.head):
        problems.append((len(lines), "the head is not %s" % arguments.head))
    for number, text in problems:
        print("line %d: %s" % (number, text))
    print("run %s: %d lines, head %s" % (run_id, len(lines), hashes[-1] if hashes else "none"))
    print("chain: %s" % ("whole" if not problems else "BROKEN"))
    print("end: %s" % ("complete" if ended else "UNPROVEN, lines may be missing at the end"))
    return 5 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
