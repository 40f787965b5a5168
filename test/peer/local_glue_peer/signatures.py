"""Signatures: the server's own check against botocore's signing."""

import datetime
import email.utils
import os
import random
import sys
import time
import types
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import urllib3

from local_glue_peer.harness import (
    ACCESS_KEY, PROGRAM, REGION, SECRET_KEY, contains, equal, jdbc, refused,
    test)

sys.path.insert(0, os.path.dirname(PROGRAM))
from local_glue import signature                    # noqa: E402

JSON_TYPE = "application/x-amz-json-1.1"


def signed(url, headers=(), body=b"{}", *, service="glue", region=REGION,
           secret=SECRET_KEY, token=None):
    """The headers of a request that botocore has signed."""
    request = botocore.awsrequest.AWSRequest(
        "POST", url, headers={"Content-Type": JSON_TYPE,
                              "X-Amz-Target": "AWSGlue.GetConnections",
                              **dict(headers)}, data=body)
    credentials = botocore.credentials.Credentials(ACCESS_KEY, secret, token)
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())


def send(glue, headers, body=b"{}"):
    """Send a request as it is; returns the error's type and text."""
    with urllib3.PoolManager(ca_certs=glue.ca_file) as pool:
        answer = pool.request("POST", glue.url + "/", headers=headers,
                              body=body, retries=False)
    content = answer.json()
    return content.get("__type"), content.get("message", "")


def before_send(client, change):
    """Let a function change requests after they have been signed."""
    def handler(request, **_):
        change(request)
    client.meta.events.register("before-send.glue", handler)


@test
def test_wrong_secret(glue):
    """A wrong secret is refused, with the canonical request quoted."""
    client = glue.client(aws_secret_access_key="wrong")
    text = refused("InvalidSignatureException", client.get_connections,
                   text="The request signature we calculated does not match"
                        " the signature you provided.")
    contains(text, "'POST\n/\n\ncontent-type:")
    entry = glue.last_request()
    equal((entry["signature_ok"], entry["processed"]), (False, False))


@test
def test_tampered_body(glue):
    """A body that was changed after signing is refused."""
    client = glue.client()
    client.create_connection(ConnectionInput=jdbc("two"))

    def change(request):
        request.body = request.body.replace(b"pass-word-1", b"pass-word-2")
    before_send(client, change)
    refused("InvalidSignatureException", client.create_connection,
            ConnectionInput=jdbc("one"))
    equal(glue.history("one")["created"], 0)


@test
def test_tampered_headers(glue):
    """A signed header that was changed or removed is refused."""
    headers = signed(glue.url + "/")
    equal(send(glue, headers)[0], None)
    changed = {**headers, "X-Amz-Target": "AWSGlue.GetConnection"}
    equal(send(glue, changed)[0], "InvalidSignatureException")
    del headers["X-Amz-Target"]
    contains(send(glue, headers)[1], "'x-amz-target' is not in the request")


@test
def test_unknown_key(glue):
    """An unknown access key is refused."""
    client = glue.client(aws_access_key_id="AKIDNOBODY")
    refused("UnrecognizedClientException", client.get_connections,
            text="The security token included in the request is invalid.")


@test
def test_unsigned_headers(glue):
    """x-amz-* headers and the content type must be signed."""
    client = glue.client()

    def add(request):
        request.headers["X-Amz-Extra"] = "1"
    before_send(client, add)
    refused("InvalidSignatureException", client.get_connections,
            text="'x-amz-extra' must be a 'SignedHeader'")
    headers = signed(glue.url + "/")
    plain = {**headers, "Authorization": headers["Authorization"].replace(
        "content-type;", "")}
    contains(send(glue, plain)[1], "'content-type' must be a 'SignedHeader'")
    plain = {**headers, "Authorization": headers["Authorization"].replace(
        "host;", "")}
    contains(send(glue, plain)[1], "'Host' or ':authority' must be")


@test
def test_order_of_signed_headers(glue):
    """The signed headers must be in order and in lower case."""
    headers = signed(glue.url + "/")
    for name in ("host;content-type;", "content-type;Host;"):
        changed = {**headers, "Authorization": headers[
            "Authorization"].replace("content-type;host;", name)}
        contains(send(glue, changed)[1], "must be sorted and in lower case")


@test
def test_no_signature(glue):
    """A missing or incomplete Authorization is refused."""
    headers = signed(glue.url + "/")
    authorization = headers.pop("Authorization")
    equal(send(glue, headers)[0], "MissingAuthenticationTokenException")
    for wrong in ("Basic x", "AWS4-HMAC-SHA256 Credential=a/b/c",
                  authorization.replace("/aws4_request", ""),
                  authorization.replace("Signature=", "Sig="),
                  authorization.replace("AWS4-HMAC-SHA256",
                                        "AWS4-ECDSA-P256-SHA256")):
        equal(send(glue, {**headers, "Authorization": wrong})[0],
              "IncompleteSignatureException")
    headers["Authorization"] = authorization
    del headers["X-Amz-Date"]
    equal(send(glue, headers)[0], "IncompleteSignatureException")


@test
def test_scope(glue):
    """The scope must have the right service, region and day."""
    headers = signed(glue.url + "/", service="sts")
    contains(send(glue, headers)[1], "scoped to correct service: 'glue'")
    glue.set(region="eu-west-1")
    contains(send(glue, signed(glue.url + "/"))[1],
             "scoped to a valid region, not 'us-east-1'")
    equal(send(glue, signed(glue.url + "/", region="eu-west-1"))[0], None)
    glue.set(region="")
    headers = signed(glue.url + "/")
    today = headers["X-Amz-Date"][:8]
    headers["Authorization"] = headers["Authorization"].replace(
        today, "20200101")
    contains(send(glue, headers)[1],
             f"'20200101' != '{today}', from '{headers['X-Amz-Date']}'")


@test
def test_path(glue):
    """A path is signed as it is encoded, and must be the right one."""
    path = "/a%20b/%C3%A9/"
    other = glue.client(url=glue.url + path)
    refused("UnknownOperationException", other.get_connections)
    glue.set(path=path)
    equal(other.get_connections()["ConnectionList"], [])
    refused("UnknownOperationException", glue.client().get_connections)


@test
def test_clock(glue):
    """A date more than five minutes off is refused, and Date tells why."""
    client = glue.client()
    for offset, text in ((310, "Signature expired: "),
                         (-310, "Signature not yet current: ")):
        glue.set(clock_offset_s=offset)
        try:
            client.get_connections()
            raise AssertionError("accepted")
        except client.exceptions.ClientError as error:
            contains(str(error), text)
            headers = error.response["ResponseMetadata"]["HTTPHeaders"]
            date = email.utils.parsedate_to_datetime(headers["date"])
            skew = date.timestamp() - time.time()
            assert abs(skew - offset) < 5, skew
    for offset in (280, -280):
        glue.set(clock_offset_s=offset)
        client.get_connections()


@test
def test_bad_date(glue):
    """A date that is none is refused."""
    headers = signed(glue.url + "/")
    today = headers["X-Amz-Date"][:8]
    headers["X-Amz-Date"] = today + "T250000Z"
    equal(send(glue, headers)[0], "IncompleteSignatureException")


@test
def test_session_token(glue):
    """Temporary credentials need their token, in time; others have none."""
    glue.control("/credentials", [
        {"access_key": "ASIA1", "secret_key": "s", "token": "token-1",
         "expires_in": 900},
        {"access_key": "ASIA2", "secret_key": "s", "token": "token-2",
         "expires_in": -1}])

    def client(key, token=None, secret="s"):
        return glue.client(aws_access_key_id=key, aws_session_token=token,
                           aws_secret_access_key=secret)

    client("ASIA1", "token-1").get_connections()
    code = "UnrecognizedClientException"
    refused(code, client("ASIA1", "token-2").get_connections)
    refused(code, client("ASIA1").get_connections)
    refused(code, client(ACCESS_KEY, "token-1", SECRET_KEY).get_connections)
    refused("ExpiredTokenException",
            client("ASIA2", "token-2").get_connections,
            text="The security token included in the request is expired")


@test
def test_payload_hash_header(glue):
    """x-amz-content-sha256 is not needed, but must be right."""
    url = glue.url + "/"
    digest = ("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff"
              "8a")
    equal(send(glue, signed(url, {"X-Amz-Content-SHA256": digest}))[0], None)
    # botocore puts the header's value into the canonical request, so this
    # signature would be right if the server believed the header.
    headers = signed(url, {"X-Amz-Content-SHA256": "0" * 64})
    contains(send(glue, headers)[1], "does not match the body")


def random_request(source):
    """A request with everything that signing must treat with care."""
    letters = "aZ09-_.~!*'() +/%&=?;:@,\t\u00e9"
    text = "".join(source.choices(letters, k=source.randrange(12)))
    names = source.sample(["My-Header1", "X-Amz-Meta-A", "X-Amz-Meta-A-B",
                           "Zed", "A1", "X-Amz-Security-Token"],
                          source.randrange(5))
    headers = {name: "".join(source.choices("ab  \t\"c,;", k=8)).strip()
               for name in names}
    path = urllib.parse.quote("/" + text.replace("/", "").replace("\t", ""))
    query = urllib.parse.urlencode(
        {f"k{number}": text for number in range(source.randrange(3))},
        quote_via=urllib.parse.quote)
    host = source.choice(["localhost:4566", "LOCALHOST",
                          "glue.us-east-1.amazonaws.com"])
    url = f"https://{host}{path}" + ("?" + query if query else "")
    return url, headers, source.randbytes(source.randrange(100))


def as_received(url, headers, body):
    """A request as the server would have parsed it."""
    parts = urllib.parse.urlsplit(url)
    received = {name.lower(): value for name, value in headers.items()}
    received.setdefault("host", parts.netloc.lower())
    return types.SimpleNamespace(
        method="POST", path=parts.path, query=parts.query, body=body,
        headers=received)


@test
def test_checker_against_botocore(glue):
    """The server's checker agrees with botocore on 2000 odd requests."""
    source = random.Random(20261122)
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    store = types.SimpleNamespace(find=lambda key: credential)
    for number in range(2000):
        url, extra, body = random_request(source)
        secret = source.choice(["a", "+/=", SECRET_KEY])
        credential = types.SimpleNamespace(
            secret_key=secret, expires=0,
            token=extra.get("X-Amz-Security-Token", ""))
        token = extra.pop("X-Amz-Security-Token", None)
        headers = signed(url, extra, body, secret=secret, token=token)
        request = as_received(url, headers, body)
        claim = signature.parse_authorization(headers["Authorization"])
        try:
            signature.verify(request, claim, "glue", store, now)
        except Exception as error:
            raise AssertionError(f"{number}: {url} {headers}") from error


@test
def test_many_over_the_wire(glue):
    """200 requests that boto3 signs are all found well signed."""
    client = glue.client()
    source = random.Random(20261122)
    for number in range(200):
        name = "".join(source.choices("abc/ €𝄞:'\"\\", k=20)) + str(number)
        client.create_connection(ConnectionInput=jdbc(name))
        equal(client.get_connection(Name=name)["Connection"]["Name"], name)
    assert all(entry["signature_ok"] for entry in glue.control("/requests"))
