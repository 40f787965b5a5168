"""Compare our classification of failures with that of botocore, AWS's own client.

Usage: retry_like_botocore.py DRIVER

DRIVER is the program made from test/unit/classify_failures.c.  Every operation of
ours is answered with every status and code that means something to either;
both must retry the same ones, as throttling or not, after the same longest
wait.  That this is botocore's default is checked as well.  Prints TAP.

The interpreter must have botocore; test/requirements.txt names the version.
"""

import subprocess
import sys

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.retries import standard

OPERATIONS = [
    "CreateConnection", "GetConnection", "GetConnections", "UpdateConnection",
    "DeleteConnection", "BatchDeleteConnection", "TestConnection", "GetTags",
    "TagResource", "UntagResource", "DescribeConnectionType",
    "ListConnectionTypes",
]
STATUSES = [200, 302, 400, 403, 404, 408, 413, 429, 500, 501, 502, 503, 504,
            505, 509, 529, 599]


def codes_of(service):
    """No code, those of throttling, of the model, and others."""
    modeled = {shape.name for name in OPERATIONS
               for shape in service.operation_model(name).error_shapes}
    return [None] + sorted(
        modeled
        | set(standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
        | set(standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES)
        | {"AccessDenied", "NeverHeardOf", "ServiceUnavailable", "throttling",
           "ConcurrentModificationException", "UnrecognizedClientException"})


def classify(service, operation, status, code):
    """The reaction of botocore to a failure, as the driver prints it."""
    context = standard.RetryContext(
        attempt_number=2,
        operation_model=service.operation_model(operation),
        http_response=AWSResponse("", status, {}, None),
        parsed_response={"Error": {"Code": code}} if code else {})
    detector = standard.ThrottlingErrorDetector(standard.RetryEventAdapter())
    backoff = standard.ExponentialBackoff(
        random=lambda: 1, service_name="glue", throttling_detector=detector)
    if not standard.StandardRetryConditions().is_retryable(context):
        return "none"
    kind = ("throttling" if detector.is_throttling_error_from_context(context)
            else "transient")
    return "%s %d" % (kind, round(backoff.delay_amount(context) * 1000))


def main():
    session = botocore.session.Session()
    service = session.get_service_model("glue")
    client = session.create_client(
        "glue", region_name="us-east-1", aws_access_key_id="a",
        aws_secret_access_key="b")
    retries = client.meta.config.retries
    cases = [(operation, status, code) for operation in OPERATIONS
             for status in STATUSES for code in codes_of(service)]
    lines = "".join("%s %d %s\n" % (operation, status, code or "")
                    for operation, status, code in cases)
    ours = subprocess.run([sys.argv[1]], input=lines, capture_output=True,
                          check=True, text=True).stdout.splitlines()
    different = [
        "%s: %s, botocore %s" % (case, own, theirs)
        for case, own, theirs in zip(
            cases, (line if not line.startswith("none") else "none"
                    for line in ours),
            (classify(service, *case) for case in cases))
        if own != theirs]

    print("1..3")
    print("%sok 1 - the default mode is standard, with 3 attempts"
          % ("" if (retries["mode"], standard.DEFAULT_MAX_ATTEMPTS)
             == ("standard", 3) else "not "))
    print("%sok 2 - all %d failures are classified" %
          ("" if len(ours) == len(cases) else "not ", len(cases)))
    print("%sok 3 - as botocore classifies them"
          % ("not " if different else ""))
    for line in different[:20]:
        print("# " + line)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
