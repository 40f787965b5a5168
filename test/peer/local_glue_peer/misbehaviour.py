"""The reaction of boto3 to each kind of misbehaviour, without retries."""

import time

import botocore.exceptions
import botocore.parsers
import urllib3

from local_glue_peer.harness import (
    contains, equal, fails, jdbc, refused, test)
from local_glue_peer.signatures import signed

CLOSED = botocore.exceptions.ConnectionClosedError


@test
def test_lost(glue):
    """A lost answer looks the same whether the request counted or not."""
    client = glue.client()
    for kind, created in (("lost-unread", 0), ("lost-before", 0),
                          ("lost-after", 1), ("reset-before", 0),
                          ("reset-after", 1)):
        glue.misbehave(kind, operation="CreateConnection")
        fails(CLOSED, client.create_connection, ConnectionInput=jdbc(kind))
        equal(glue.history(kind)["created"], created)
        equal(glue.last_request()["misbehaviour"], kind)
    equal(glue.control("/misbehave"), [])


@test
def test_stall(glue):
    """A request can be left without an answer."""
    client = glue.client(read_timeout=1)
    for kind, processed in (("stall-unread", False), ("stall", False),
                            ("stall", True)):
        glue.misbehave(kind, processed=processed)
        fails(botocore.exceptions.ReadTimeoutError, client.create_connection,
              ConnectionInput=jdbc("one"))
        equal(glue.history("one")["created"], int(processed))


@test
def test_throttle(glue):
    """Throttling is an error that boto3's own retries overcome."""
    glue.misbehave("throttle", headers={"x-amz-retry-after": "10"})
    client = glue.client()
    refused("ThrottlingException", client.get_connections,
            text="Rate exceeded")
    glue.misbehave("throttle", operation="CreateConnection", times=2)
    answer = glue.client(attempts=3).create_connection(
        ConnectionInput=jdbc("one"))
    equal(answer["ResponseMetadata"]["RetryAttempts"], 2)
    equal(glue.history("one")["created"], 1)
    equal(glue.control("/counters")["by_operation"]["CreateConnection"], 3)


@test
def test_errors(glue):
    """Errors come in every form."""
    client = glue.client()
    glue.misbehave("error", code="OperationTimeoutException", message="Slow.")
    refused("OperationTimeoutException", client.get_connections, text="Slow.")
    glue.misbehave("error", code="EntityNotFoundException",
                   members={"FromFederationSource": True})
    try:
        client.get_connections()
        raise AssertionError("no error")
    except client.exceptions.EntityNotFoundException as error:
        equal(error.response["FromFederationSource"], True)
    glue.misbehave("error")
    refused("InternalServiceException", client.get_connections)
    equal(glue.last_request()["status"], 500)
    for status, form in ((500, "html"), (503, "html"), (403, "xml"),
                         (502, "empty")):
        glue.misbehave("error", status=status, form=form, message="Oh <no>")
        refused(str(status), client.get_connections)
        equal(glue.last_request()["status"], status)


@test
def test_echo(glue):
    """An error can quote the request, its secrets included."""
    glue.misbehave("echo")
    refused("InvalidInputException", glue.client().create_connection,
            ConnectionInput=jdbc("one"), text="pass-word-1")
    equal(glue.history("one")["created"], 0)


@test
def test_redirect(glue):
    """A redirect is answered."""
    glue.misbehave("redirect", status=307, location="https://else.test/")
    refused("307", glue.client().get_connections)


@test
def test_slow(glue):
    """Answers can be late, in their heads, bodies and pieces."""
    client = glue.client()
    for rule in ({"delay_ms": 200}, {"body_delay_ms": 200},
                 {"piece_size": 5, "piece_delay_ms": 60},
                 {"chunked": True, "delay_ms": 200}):
        glue.misbehave("slow", **rule)
        start = time.monotonic()
        equal(client.get_connections()["ConnectionList"], [])
        assert time.monotonic() - start > 0.19, rule
    glue.set(latency_ms=200)
    start = time.monotonic()
    client.get_connections()
    assert time.monotonic() - start > 0.19


@test
def test_garbage(glue):
    """Answers can be no answers, after the request was carried out."""
    client = glue.client()
    for form in ("binary", "text", "array", "string", "half", "latin1",
                 "deep"):
        glue.misbehave("garbage", form=form)
        try:
            answer = client.create_connection(ConnectionInput=jdbc(form))
            assert "CreateConnectionStatus" not in answer, form
        except (ValueError, AttributeError, RecursionError, TypeError,
                botocore.parsers.ResponseParserError):
            pass
        equal(glue.history(form)["created"], 1)
    glue.misbehave("garbage", body='{"CreateConnectionStatus": "ODD"}')
    equal(client.create_connection(ConnectionInput=jdbc("body"))[
        "CreateConnectionStatus"], "ODD")


@test
def test_truncated(glue):
    """Answers can stop before their end."""
    whole = b'{"ConnectionList": []}'
    for rule, missing, body in (({}, 100, whole),
                                ({"missing_bytes": 7}, 7, whole),
                                ({"form": "half"}, 11, whole[:11])):
        glue.misbehave("truncated", **rule)
        headers, found = send_and_read_all(glue)
        equal(found, body)
        equal(int(headers["content-length"]), len(body) + missing)


def send_and_read_all(glue):
    """Headers and body of a GetConnections, however many bytes come."""
    headers = signed(glue.url + "/")
    with urllib3.PoolManager(ca_certs=glue.ca_file) as pool:
        answer = pool.request(
            "POST", glue.url + "/", headers=headers, body=b"{}",
            retries=False, preload_content=False, enforce_content_length=False)
        # A read of a given size does not complain if less comes.
        return answer.headers, answer.read(65536)


@test
def test_huge(glue):
    """Answers can be huge."""
    glue.misbehave("huge", mebibytes=20)
    answer = glue.client().create_connection(ConnectionInput=jdbc("one"))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert int(headers["content-length"]) > 20 * 1024 * 1024


@test
def test_close(glue):
    """Kept connections are kept, or closed with and without notice."""
    client = glue.client()

    def connections(requests):
        before = glue.control("/counters")["tcp_connections"]
        for _ in range(requests):
            client.get_connections()
        return glue.control("/counters")["tcp_connections"] - before

    equal(connections(5), 1)
    glue.misbehave("close", times=0)
    equal(connections(5), 4)
    glue.control("/misbehave", method="DELETE")
    client.get_connections()
    glue.misbehave("close", times=0, announce=False)
    for _ in range(3):
        client.get_connections()
        time.sleep(0.3)
    entries = glue.control("/requests")[-3:]
    equal(len({entry["connection"] for entry in entries}), 3)


@test
def test_skew(glue):
    """One request can meet a server whose clock is off."""
    client = glue.client()
    glue.misbehave("skew", clock_offset_s=-3600)
    refused("InvalidSignatureException", client.get_connections,
            text="Signature not yet current")
    client.get_connections()


@test
def test_headers(glue):
    """Headers of an answer can be replaced and removed."""
    glue.misbehave("headers", headers={"Date": None, "Age": "7"})
    answer = glue.client().get_connections()
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    equal(("date" in headers, headers["age"]), (False, "7"))


@test
def test_altered(glue):
    """A definition can be stored otherwise than it was sent."""
    glue.misbehave("altered", changes={"Description": "other"})
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("one", Description="mine"))
    equal(client.get_connection(Name="one")["Connection"]["Description"],
          "other")


@test
def test_matching(glue):
    """Rules wait for the operation, the name and the turn."""
    client = glue.client()
    glue.misbehave("throttle", operation="Get*", name="b*", skip=1)
    client.create_connection(ConnectionInput=jdbc("b1"))
    client.create_connection(ConnectionInput=jdbc("a1"))
    client.get_connection(Name="a1")
    client.get_connection(Name="b1")
    refused("ThrottlingException", client.get_connection, Name="b1")
    client.get_connection(Name="b1")
    glue.misbehave("throttle", probability=0.5, times=0)
    outcomes = []
    for _ in range(40):
        try:
            client.get_connections()
            outcomes.append(True)
        except client.exceptions.ClientError:
            outcomes.append(False)
    assert 5 < sum(outcomes) < 35, outcomes


@test
def test_handshake(glue):
    """The TLS handshake can go wrong, too."""
    for kind in ("lost-before", "reset-before", "garbage"):
        glue.misbehave(kind, operation="Connection.Handshake")
        fails((botocore.exceptions.SSLError, CLOSED,
               botocore.exceptions.EndpointConnectionError),
              glue.client().get_connections)
    glue.client().get_connections()
    counters = glue.control("/counters")
    equal((counters["tcp_connections"], counters["tls_handshakes"]), (4, 1))


@test
def test_control_refuses_nonsense(glue):
    """The control API refuses invalid requests."""
    for path, value, text in (
            ("/misbehave", {"kind": "none"}, "there is no kind"),
            ("/misbehave", {"kind": "slow", "x": 1}, "unexpected keyword"),
            ("/misbehave", {"kind": "slow", "times": "1"}, "of type int"),
            ("/misbehave", {"kind": "slow", "processed": False}, "needs the"),
            ("/misbehave", {"kind": "garbage", "form": "x"}, "has the forms"),
            ("/settings", {"nothing": 1}, "no setting"),
            ("/settings", {"page_size": "1"}, "of type int"),
            ("/settings", {"certificate": "x"}, "must be one of"),
            ("/connections", {}, "input"), ("/nothing", {}, "no such")):
        error = fails(Exception, glue.control, path, value)
        with error:
            contains(error.read().decode(), text)
