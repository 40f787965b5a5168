#!/usr/bin/env python3
"""Measure the time to read a whole catalog.

Usage: catalog.py ROUNDS COUNT [COUNT ...]

For each COUNT, the local Glue is filled with so many connections.  boto3's
paginator reads all of them; then a new backend records them, records them
again, and compares them, by the procedure measure_catalog() of backend.sql.
The local Glue counts the requests and TCP connections of both.  psql finds the
server by the environment.  Prints lines "name TAB value".
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request

import boto3
from botocore.config import Config

import reference

KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
REGION = "us-east-1"
PAGE_SIZE = 1000


@contextlib.contextmanager
def local_glue():
    """Run a local Glue; yields its ports."""
    process = subprocess.Popen(
        [sys.executable, "test/local_glue", "--exit-with-parent"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def control(ready, method, path, body=None):
    """Make a request of the control API."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{ready['control_port']}{path}", method=method,
        data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def fill(ready, count):
    """Put so many connections in, each of some 800 bytes."""
    control(ready, "POST", "/reset")
    definition = reference.request()["ConnectionInput"]
    control(ready, "POST", "/connections", [
        {"input": {**definition, "Name": f"shop-warehouse-{number:08}"}}
        for number in range(count)])


@contextlib.contextmanager
def counting(ready, name):
    """Print the number of requests and TCP connections made meanwhile."""
    before = control(ready, "GET", "/counters")
    yield
    after = control(ready, "GET", "/counters")
    for kind, counter in (("requests", "requests"),
                          ("connections", "tcp_connections")):
        print(f"{name} {kind}\t{after[counter] - before[counter]}")


def read_with_boto3(ready):
    """Read the catalog with a new client; returns seconds."""
    client = boto3.client(
        "glue", region_name=REGION, verify=ready["ca_file"],
        endpoint_url=f"https://localhost:{ready['port']}",
        aws_access_key_id=KEYS[0], aws_secret_access_key=KEYS[1],
        config=Config(retries={"total_max_attempts": 1}))
    started = time.perf_counter()
    for page in client.get_paginator("get_connections").paginate(
            HidePassword=True, PaginationConfig={"PageSize": PAGE_SIZE}):
        assert page["ConnectionList"]
    return time.perf_counter() - started


def call_procedure(ready, call):
    """Let a new backend call a procedure, and print its result."""
    options = {"region": REGION, "ca_file": ready["ca_file"],
               "endpoint_url": f"https://localhost:{ready['port']}"}
    environment = {**os.environ, "PGOPTIONS": " ".join(
        f"-c glue_conn.{name}={value}" for name, value in options.items())}
    print(subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
         "-c", f"CALL {call}"],
        env=environment, check=True, stdout=subprocess.PIPE,
        text=True).stdout, end="")


def main():
    rounds, *counts = map(int, sys.argv[1:])
    with local_glue() as ready:
        for count in counts:
            fill(ready, count)
            for _ in range(rounds):
                with counting(ready, f"catalog {count} boto3"):
                    print(f"catalog {count} boto3 seconds\t"
                          f"{read_with_boto3(ready):.4f}")
                with counting(ready, f"catalog {count} backend"):
                    call_procedure(ready, f"measure_catalog({count})")


if __name__ == "__main__":
    main()
