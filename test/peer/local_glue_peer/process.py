"""The server as a process: TLS, start, end, options."""

import os
import select
import shutil
import signal
import subprocess
import threading
import time

import botocore.exceptions

from local_glue_peer.harness import (
    PROGRAM, LocalGlue, contains, equal, fails, jdbc, refused, test)


@test
def test_certificates(glue):
    """boto3 refuses each of the bad certificates, each for its fault."""
    for kind, fault in (("expired", "certificate has expired"),
                        ("self-signed", "self-signed certificate"),
                        ("wrong-host", "match"),
                        ("unknown-ca", "unable to get local issuer")):
        glue.set(certificate=kind)
        error = fails(botocore.exceptions.SSLError,
                      glue.client().get_connections)
        contains(str(error), fault)
    glue.set(certificate="good")
    glue.client().get_connections()
    equal(glue.control("/counters")["requests"], 1)


@test
def test_tls_versions(glue):
    """boto3 refuses TLS 1.1, and takes 1.2 and 1.3."""
    for version in ("1.0", "1.1"):
        glue.set(tls_max=version)
        fails((botocore.exceptions.SSLError,
               botocore.exceptions.ConnectionClosedError),
              glue.client().get_connections)
    for version in ("1.2", "1.3"):
        glue.set(tls_max=version)
        glue.client().get_connections()
        equal(glue.last_request()["tls"], "TLSv" + version)


@test
def test_options(glue):
    """Options make a server with another account, key, region and rule."""
    with LocalGlue("--account", "999999999999", "--region", "eu-west-1",
                   "--credentials", "AKID2:secret2",
                   "--settings", '{"page_size": 7}',
                   "--misbehave", '{"kind": "throttle"}') as other:
        client = other.client(aws_access_key_id="AKID2",
                              aws_secret_access_key="secret2",
                              region="eu-west-1")
        for _ in range(2):      # a reset brings the options' state back
            refused("ThrottlingException", client.get_connections)
            client.create_connection(ConnectionInput=jdbc("one"),
                                     CatalogId="999999999999")
            equal(other.control("/settings")["page_size"], 7)
            other.reset()


@test
def test_plain_http(glue):
    """The service port can do without TLS."""
    with LocalGlue("--plain-http") as other:
        equal(other.ca_file, None)
        other.client().create_connection(ConnectionInput=jdbc("one"))


@test
def test_end(glue):
    """The server exits with its parent and on SIGTERM, without a trace."""
    other = LocalGlue()
    equal(os.path.exists(other.ca_file), True)
    equal(other.stop(), 0)
    equal(os.path.exists(os.path.dirname(other.ca_file)), False)
    other = LocalGlue()
    os.kill(other.ready["pid"], signal.SIGTERM)
    equal(other.process.wait(30), 0)
    equal(os.path.exists(os.path.dirname(other.ca_file)), False)
    other.stop()


@test
def test_as_module(glue):
    """python3 -m local_glue is the same."""
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(PROGRAM),
                   "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        ["/usr/bin/python3", "-m", "local_glue", "--exit-with-parent"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    with process:
        contains(process.stdout.readline().decode(), '"ca_file"')
        readable, _, _ = select.select([process.stdout], [], [], 10)
        assert readable, "standard output is still open"
        equal(process.stdout.read(), b"")
        process.stdin.close()
        equal(process.wait(30), 0)


@test
def test_return(glue):
    """A server can come back with its port and its authority."""
    directory = os.path.dirname(glue.ca_file) + ".second"
    os.mkdir(directory)
    try:
        first = LocalGlue("--directory", directory)
        client = first.client()
        client.get_connections()
        port = str(first.ready["port"])
        first.stop()
        fails((botocore.exceptions.EndpointConnectionError,
               botocore.exceptions.ConnectionClosedError),
              client.get_connections)
        with LocalGlue("--directory", directory, "--port", port) as second:
            client.get_connections()
            second.client().get_connections()
    finally:
        shutil.rmtree(directory)


@test
def test_peak(glue):
    """The journal counts how many requests were at work at once."""
    glue.set(latency_ms=1000)
    client = glue.client()
    threads = [threading.Thread(target=client.get_connections)
               for _ in range(8)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(glue.control("/counters")["in_flight_peak"], 8)
    assert time.monotonic() - start < 8
