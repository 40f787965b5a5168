"""Compare our signatures with those of botocore, AWS's own client.

Usage: sign_like_botocore.py DRIVER

DRIVER is the program made from test/unit/sign_messages.c.  Requests are made
up from a fixed seed, signed by botocore at a frozen time, and by the driver;
the Authorization headers must be the same byte for byte.  Prints TAP.

The interpreter must have botocore; test/requirements.txt names the version.
"""

import datetime
import random
import subprocess
import sys
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REQUESTS = 400

REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "local"]
SERVICES = ["glue", "sts", "execute-api"]
TARGETS = ["AWSGlue.CreateConnection", "AWSGlue.GetConnections"]
CONTENT_TYPES = [
    "application/x-amz-json-1.1",
    "application/x-www-form-urlencoded; charset=utf-8",
    "  application/json \t;  charset=utf-8  ",
]
HOSTS = [
    ("https://glue.eu-central-1.amazonaws.com", "glue.eu-central-1.amazonaws.com"),
    ("https://127.0.0.1:4566", "127.0.0.1:4566"),
    ("http://localhost:80", "localhost"),
    ("https://example.com:443", "example.com"),
    ("http://localhost:443", "localhost:443"),
    ("https://[::1]:8443", "[::1]:8443"),
]
PATHS = [
    "/", "", "/custom", "/custom/", "//a//b/", "/a/../b", "/a/./b/.", "/../..",
    "/a%20b/", "/%2e%2e/x", "/caf%C3%A9", "/a+b=c&d", "/-._~", "/a:b@c,d;e",
    "/...", "/a/b/c/../../d/", "/(x)*'!$",
]
QUERIES = ["", "", "", "Action=GetCallerIdentity&Version=2011-06-15"]
ODD_VALUES = [
    "plain", "", "   ", " a   b\tc ", '"a   b"', "a,b ,  c", "x" * 300,
    "\ttabs\t\tinside\t",
]
TEXT = "abc {}[]\":,0123456789äöüß€𝄞\n\\"


def make_request(chance):
    """Make up one request, as a dictionary of the driver's fields."""
    url, host = chance.choice(HOSTS)
    day = datetime.datetime(2015, 8, 30) + datetime.timedelta(
        days=chance.randrange(6000), seconds=chance.randrange(86400))
    headers = {
        "content-type": chance.choice(CONTENT_TYPES),
        "x-amz-target": chance.choice(TARGETS),
    }
    for name in ["x-amz-meta-a", "x-amz-meta-a-b", "x-amz-meta", "accept"]:
        if chance.random() < 0.3:
            headers[name] = chance.choice(ODD_VALUES)
    token = None
    if chance.random() < 0.5:
        length = chance.choice([20, 400, 1200, 12000])
        token = "".join(chance.choices("ABCabc019+/=", k=length))
    return {
        "method": chance.choice(["POST", "POST", "POST", "GET"]),
        "url": url,
        "host": host,
        "path": chance.choice(PATHS),
        "query": chance.choice(QUERIES),
        "headers": headers,
        "body": "".join(chance.choices(TEXT, k=chance.choice([0, 2, 60, 1024]))),
        "time": day,
        "region": chance.choice(REGIONS),
        "service": chance.choice(SERVICES),
        "access": "AKID" + "".join(chance.choices("EXAMPLE234567", k=16)),
        "secret": "".join(chance.choices("abcXYZ019+/", k=chance.choice([1, 40, 90]))),
        "token": token,
    }


def sign_with_botocore(request):
    """Sign a request.  Returns its Authorization header."""
    url = request["url"] + request["path"]
    if request["query"]:
        url += "?" + request["query"]
    aws_request = AWSRequest(request["method"], url, dict(request["headers"]),
                             request["body"].encode())
    credentials = Credentials(request["access"], request["secret"], request["token"])
    signer = SigV4Auth(credentials, request["service"], request["region"])
    with mock.patch("botocore.auth.get_current_datetime", return_value=request["time"]):
        signer.add_auth(aws_request)
    return aws_request.headers["Authorization"]


def describe_for_driver(request, chance):
    """Write a request as the driver reads it, headers in any order."""
    date = request["time"].strftime("%Y%m%dT%H%M%SZ")
    headers = dict(request["headers"])
    headers["host"] = request["host"]
    headers["x-amz-date"] = date
    if request["token"]:
        headers["x-amz-security-token"] = request["token"]
    names = list(headers)
    chance.shuffle(names)
    fields = [(name, request[name]) for name in
              ("method", "path", "query", "body", "region", "service", "access", "secret")]
    fields.append(("date", date))
    fields += [(name, headers[name]) for name in names]
    return "".join(f"{name} {value.encode().hex()}\n" for name, value in fields) + "\n"


def main():
    chance = random.Random(20150830)
    requests = [make_request(chance) for _ in range(REQUESTS)]
    described = "".join(describe_for_driver(request, chance) for request in requests)
    result = subprocess.run([sys.argv[1]], input=described, capture_output=True,
                            text=True, check=True)
    ours = result.stdout.splitlines()
    failures = 0
    for number, request in enumerate(requests):
        got = ours[number] if number < len(ours) else "nothing"
        expected = sign_with_botocore(request)
        passed = got == expected
        failures += not passed
        print(f"{'ok' if passed else 'not ok'} {number + 1} - "
              f"{request['method']} {request['url']}{request['path']}")
        if not passed:
            print(f"# {request}\n#      got: {got}\n# expected: {expected}")
    print(f"1..{len(requests)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
