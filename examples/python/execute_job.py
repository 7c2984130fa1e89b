"""Asks a Verbatim server for a job and prints its evidence while it comes in.

    python3 execute_job.py --address 127.0.0.1:7431 --token-file .verbatim/token [--job-id ID] [--save-log FILE]
    python3 execute_job.py --address unix:.verbatim/verbatim.sock
    python3 execute_job.py --address host:7431 --ca certs/ca.pem --cert certs/client-developer.pem --key certs/client-developer.key

Needs python3-grpcio and python3-protobuf. The stubs in stubs/ are generated from proto/ (see buf.gen.python.yaml).
Exits with 0 if the job completed and its log is what was streamed, with 1 otherwise, with 8 if the call failed.
"""

import argparse
import json
import os
import sys
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "stubs")]

try:
    import grpc
    from verbatim.evidence.v1 import evidence_pb2, evidence_pb2_grpc
    from verbatim.executor.v1 import executor_pb2, executor_pb2_grpc
except ImportError as error:
    sys.exit("execute_job: %s. Install it: apt-get install -y python3-grpcio python3-protobuf" % error)

from verify_log import verify


def command(index, target, *argv):
    """One step that runs a program; no shell reads its arguments."""
    step = executor_pb2.JobStep(step_index=index, step_type="command.run", target=target, timeout_seconds=10)
    step.parameters["argv"] = list(argv)
    return step


def connect(arguments):
    """A channel to the server; with TLS where a CA is named, and then never to a server that it has not signed for."""
    if arguments.ca is None:
        return grpc.insecure_channel(arguments.address)
    ca, cert, key = (read_file(path) for path in (arguments.ca, arguments.cert, arguments.key))
    return grpc.secure_channel(arguments.address, grpc.ssl_channel_credentials(ca, key, cert))


def read_file(path):
    """The bytes of a file; None for none."""
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


def job(job_id):
    return executor_pb2.ExecuteJobRequest(
        job_id=job_id,
        contract_id="example",
        executed_by="python-example",
        steps=[
            command(0, "docs", "ls", "docs"),
            command(1, "README.md", "sha256sum", "README.md"),
            command(2, "tar", "tar", "--version"),
        ],
    )


def describe(event):
    """What an event says: its kind or status, and a few words."""
    kind = event.WhichOneof("event")
    if kind == "started":
        return "STARTED", "step %d %s %s" % (
            event.started.step.step_index,
            event.started.step.step_type,
            event.started.step.target,
        )
    if kind == "step_result":
        result = event.step_result
        status = executor_pb2.StepStatus.Name(result.status)[len("STEP_STATUS_") :]
        return status, "step %d %s" % (result.step_index, result.error or first_line(result.output_json))
    if kind == "in_doubt":
        return "IN DOUBT", "step %d" % event.in_doubt.step_index
    result = event.execution_result
    status = executor_pb2.JobStatus.Name(result.final_status)[len("JOB_STATUS_") :]
    return status, "job: %s (%d of %d steps)" % (result.final_reason, result.steps_succeeded, result.steps_declared)


def first_line(output_json):
    text = json.loads(output_json or b"{}").get("stdout", {}).get("text", "")
    return text.split("\n")[0]


def stream(executor, job_id, metadata):
    """Executes the job; gives the hash of every event under its sequence number, and the result."""
    seen, result = {}, None
    request = executor_pb2.ExecuteJobStreamRequest(job=job(job_id))
    for message in executor.ExecuteJobStream(request, metadata=metadata, timeout=60):
        for event in message.events:
            status, words = describe(event)
            print("seq %2d  hash %s  %-9s  %s" % (event.seq, event.hash, status, words), flush=True)
            seen[event.seq] = event.hash
            if event.WhichOneof("event") == "execution_result":
                result = event.execution_result
    return seen, result


def read_log(evidence, run_id, metadata):
    """The exact lines of the log, as bytes."""
    request = evidence_pb2.ReadLogRequest(run_id=run_id, follow=True)
    return [line.line for message in evidence.ReadLog(request, metadata=metadata, timeout=60) for line in message.lines]


def main():
    parser = argparse.ArgumentParser(description="Executes a job on a Verbatim server.")
    parser.add_argument("--address", required=True, help="host:port or unix:PATH")
    parser.add_argument("--token-file", help="the file `token` of the server's state directory; not needed on a socket")
    parser.add_argument("--job-id", default="python-%s" % uuid.uuid4())
    parser.add_argument("--ca", help="CAs that the server's certificate has to be signed by; absent: no TLS")
    parser.add_argument("--cert", help="the client's certificate")
    parser.add_argument("--key", help="its private key")
    parser.add_argument("--save-log", help="where to write the log")
    arguments = parser.parse_args()
    metadata = []
    if arguments.token_file is not None:
        with open(arguments.token_file, encoding="ascii") as file:
            metadata.append(("authorization", "Bearer %s" % file.read().strip()))

    try:
        with connect(arguments) as channel:
            print("job %s" % arguments.job_id)
            executor = executor_pb2_grpc.JobExecutorServiceStub(channel)
            seen, result = stream(executor, arguments.job_id, metadata)
            lines = read_log(evidence_pb2_grpc.EvidenceServiceStub(channel), arguments.job_id, metadata)
    except grpc.RpcError as error:
        print("execute_job: %s: %s" % (error.code().name, error.details()), file=sys.stderr)
        return 8

    if arguments.save_log is not None:
        with open(arguments.save_log, "wb") as file:
            file.writelines(line + b"\n" for line in lines)

    # Every client is a witness: the log that the server gives must be the one that was streamed.
    _, hashes, ended, problems = verify(lines)
    witnessed = all(seq < len(hashes) and hashes[seq] == noted for seq, noted in seen.items())
    for number, text in problems:
        print("line %d: %s" % (number, text))
    print("log: %d lines, chain %s, end %s" % (len(lines), "BROKEN" if problems else "whole", "complete" if ended else "UNPROVEN"))
    print("the %d streamed hashes %s in the log" % (len(seen), "stand" if witnessed else "DO NOT STAND"))
    completed = result is not None and result.final_status == executor_pb2.JOB_STATUS_COMPLETED
    return 0 if completed and ended and witnessed and not problems else 1


if __name__ == "__main__":
    sys.exit(main())
