"""Measure boto3 and botocore with the same work.

Usage: botocore_peers.py ROUNDS CALLS ENDPOINT_URL CA_FILE

Signing and validating of the reference request, and whole calls of
create_connection with one client that is kept.  Prints a line "name TAB
microseconds a call" for each of them and each round; a round makes CALLS
calls.
"""

import copy
import sys
import time

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.validate import ParamValidator

import reference

KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
REGION = "us-east-1"


def make_signing():
    """Return a function that signs the reference request."""
    request = AWSRequest(
        "POST", f"https://glue.{REGION}.amazonaws.com/",
        {"content-type": "application/x-amz-json-1.1",
         "x-amz-target": "AWSGlue.CreateConnection"},
        reference.as_json(reference.request()).encode())
    signer = SigV4Auth(Credentials(*KEYS), "glue", REGION)
    return lambda number: signer.add_auth(request)


def make_validating(client):
    """Return a function that validates the reference request."""
    model = client.meta.service_model.operation_model("CreateConnection")
    request = reference.request()
    validator = ParamValidator()

    def validate(_number):
        report = validator.validate(request, model.input_shape)
        assert not report.has_errors(), report.generate_report()
    return validate


def make_creating(client):
    """Return a function that creates a connection, each of its own name."""
    request = copy.deepcopy(reference.request())

    def create(number):
        request["ConnectionInput"]["Name"] = f"shop-warehouse-{number:08}"
        client.create_connection(**request)
    return create


def measure(function, calls):
    """Return the microseconds that one of so many calls takes."""
    started = time.perf_counter()
    for number in range(calls):
        function(number)
    return (time.perf_counter() - started) * 1e6 / calls


def main():
    rounds, calls = map(int, sys.argv[1:3])
    endpoint_url, ca_file = sys.argv[3:5]
    client = boto3.client(
        "glue", region_name=REGION, endpoint_url=endpoint_url, verify=ca_file,
        aws_access_key_id=KEYS[0], aws_secret_access_key=KEYS[1],
        config=Config(retries={"total_max_attempts": 1}))
    functions = {"sign botocore": make_signing(),
                 "validate botocore": make_validating(client),
                 "create boto3": make_creating(client)}
    for turn in range(rounds + 1):
        for name, function in functions.items():
            microseconds = measure(function, calls)
            if turn > 0:  # the first one warms up
                print(f"{name}\t{microseconds:.3f}")


if __name__ == "__main__":
    main()
