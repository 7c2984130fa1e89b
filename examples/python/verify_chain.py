import base64, hashlib, json, re, sys

def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")

previous, end, done = None, None, False
*lines, rest = open(sys.argv[1], "rb").read().split(b"\n")
for seq, line in enumerate(lines):
    sealed = re.fullmatch(rb'(.*),"hash":"([\w-]{43})"\}', line)
    record = json.loads(line) if sealed else {}
    previous = previous or digest(b"evidence/v1\n" + record.get("run_id", "").encode())
    again = end == "failed" and record.get("event_type") == "run.resumed"  # a failed run may go on
    if not sealed or (end and not again) or record["seq"] != seq or digest(previous + b"\n" + sealed[1] + b"}") != sealed[2]:
        sys.exit("line %d does not hold" % (seq + 1))
    previous, end = sealed[2], record["event_type"] in ("run.completed", "denials.closed") and (record.get("status") or "?")
    left = record["event_type"] == "contract.transitioned" and record.get("status")  # behind these states more may be told
    done = done or left in ("COMPLETED", "FAILED", "REJECTED", "EXPIRED")
if rest or not lines:
    sys.exit("line %d does not hold" % (len(lines) + 1))
print("whole, head", previous.decode(), "complete" if end or done else "END UNPROVEN")
