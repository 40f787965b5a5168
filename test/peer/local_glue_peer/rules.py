"""The rules of src/glue/rules.def: the measured ones are enforced, no others.

The inputs are those of test/connection_inputs.json, with the findings of the
extension.  Its errors are refused here, except for inputs that no client of AWS
would send; its warnings are not.
"""

import json
import os
import sys

import botocore.exceptions

from local_glue_peer.harness import equal, test

TOP = os.path.normpath(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.append(TOP)

from local_glue import connection_rules  # noqa: E402
from local_glue.errors import AwsError  # noqa: E402
from local_glue.settings import Settings  # noqa: E402

with open(os.path.join(TOP, "connection_inputs.json"),
          encoding="utf-8") as file:
    CASES = json.load(file)["cases"]


def prepared(definition):
    """The input as the extension sends it."""
    properties = definition.get("ConnectionProperties", {})
    texts = {key: value if isinstance(value, str) else json.dumps(value)
             for key, value in properties.items()}
    return {**definition, "ConnectionProperties": texts}


def sendable():
    """The cases that have the form of a request, each with its errors."""
    for case in CASES:
        errors = [text for text in case["findings"] if text[0] == "E"]
        if not any(text.startswith("E $ ") for text in errors):
            yield case["name"], prepared(case["input"]), bool(errors)


def is_refused(call, *arguments, error, **parameters):
    """Whether a call raises this error."""
    try:
        call(*arguments, **parameters)
    except error:
        return True
    return False


@test
def test_errors_are_refused(glue):
    """An error is refused, a warning is not."""
    glue.set(encrypt_passwords=True)
    client = glue.client()
    for name, given, wrong in sendable():
        refused = is_refused(client.create_connection, ConnectionInput=given,
                             error=botocore.exceptions.ClientError)
        if not refused:
            client.delete_connection(ConnectionName=given["Name"])
        equal((name, refused), (name, wrong))


@test
def test_account_decides(glue):
    """An encrypted password is refused where nothing encrypts them."""
    given = {name: given for name, given, _ in sendable()}[
        "JDBC with ENCRYPTED_PASSWORD"]
    equal(is_refused(glue.client().create_connection, ConnectionInput=given,
                     error=botocore.exceptions.ClientError), True)


@test
def test_every_rule_refuses(glue):
    """Of every rule that is enforced, a case would be taken without it."""
    settings = Settings()

    def refused(rules):
        return {name for name, given, _ in sendable() if is_refused(
            connection_rules.check_connection, given, settings, rules,
            error=AwsError)}

    rules = connection_rules.RULES
    everything = refused(rules)
    for rule in rules:
        if rule[1] is not connection_rules.reserved_tag:
            assert refused([other for other in rules if other is not rule]) \
                < everything, rule[0]


@test
def test_reserved_tag(glue):
    """AWS's own tags are refused."""
    client = glue.client()
    for key, refused in (("aws:x", True), ("AWS:x", True), ("awsx", False)):
        equal(is_refused(client.create_connection,
                         ConnectionInput=prepared(CASES[0]["input"]),
                         Tags={key: "x"},
                         error=botocore.exceptions.ClientError), refused)
