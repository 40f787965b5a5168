"""Starting the server, talking to it, and reporting in TAP.

A test is a function that takes the running LocalGlue; its docstring is its
description.  Before each the server is reset, so no test sees another's
connections.
"""

import json
import os
import subprocess
import traceback
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

PROGRAM = os.path.normpath(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "local_glue"))
ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ACCOUNT = "123456789012"
REGION = "us-east-1"

# Shared, so that Glue's large model is parsed once.
SESSION = boto3.Session()

TESTS = []


def test(function):
    """Register a test."""
    TESTS.append(function)
    return function


class LocalGlue:
    """A server that runs as a child, and clients for it."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-B", PROGRAM, "--exit-with-parent",
             *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ready = json.loads(self.process.stdout.readline())
        self.ca_file = self.ready["ca_file"]
        self.metadata_url = f"http://127.0.0.1:{self.ready['metadata_port']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Stop the server; returns its exit status."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(30)

    @property
    def url(self):
        """The URL of the service port."""
        scheme = "https" if self.ca_file else "http"
        return f"{scheme}://localhost:{self.ready['port']}"

    def client(self, service="glue", attempts=1, region=REGION, session=None,
               read_timeout=5, url=None, proxies=None, **arguments):
        """A boto3 client that tries so many times, once by default.

        A session of the caller's brings its own credentials.
        """
        if session is None:
            session = SESSION
            arguments.setdefault("aws_access_key_id", ACCESS_KEY)
            arguments.setdefault("aws_secret_access_key", SECRET_KEY)
        config = botocore.config.Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            read_timeout=read_timeout, proxies=proxies)
        return session.client(service, region_name=region,
                              endpoint_url=url or self.url,
                              verify=self.ca_file,
                              config=config, **arguments)

    def control(self, path, value=None, method=None):
        """A request to the control API."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ready['control_port']}{path}",
            data=None if value is None else json.dumps(value).encode(),
            method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def set(self, **settings):
        """Change settings."""
        self.control("/settings", settings)

    def misbehave(self, kind, **rule):
        """Add a rule of misbehaviour."""
        self.control("/misbehave", {"kind": kind, **rule})

    def reset(self):
        """Restore the state of the start."""
        self.control("/reset", {})

    def history(self, name):
        """How often a connection was created, updated and deleted."""
        for entry in self.control("/state")["history"]:
            if entry["name"] == name:
                return entry
        return {"created": 0, "updated": 0, "deleted": 0}

    def last_request(self):
        """The newest entry of the journal."""
        return self.control("/requests")[-1]


def jdbc(name, **members):
    """A ConnectionInput that Glue accepts."""
    return {"Name": name, "ConnectionType": "JDBC",
            "ConnectionProperties": {
                "JDBC_CONNECTION_URL": "jdbc:postgresql://db.test:5432/x",
                "USERNAME": "joe", "PASSWORD": "pass-word-1"},
            **members}


def equal(found, expected):
    """Require equality, and show the difference."""
    assert found == expected, f"found {found!r}, expected {expected!r}"


def contains(text, part):
    """Require a part of a text."""
    assert part in text, f"{part!r} is not in {text!r}"


def refused(code, call, *arguments, text="", **keywords):
    """Require an error of AWS's; returns its text."""
    try:
        call(*arguments, **keywords)
    except botocore.exceptions.ClientError as error:
        equal(error.response["Error"]["Code"], code)
        message = error.response["Error"]["Message"]
        contains(message, text)
        return message
    raise AssertionError(f"no {code}")


def fails(kind, call, *arguments, **keywords):
    """Require an exception of botocore's own; returns it."""
    try:
        call(*arguments, **keywords)
    except kind as error:
        return error
    raise AssertionError(f"no {kind}")


def run_tests(glue, patterns):
    """Run the tests that match; true if all succeed."""
    selected = [function for function in TESTS if not patterns
                or any(pattern in function.__name__ for pattern in patterns)]
    print(f"1..{len(selected)}", flush=True)
    failures = 0
    for number, function in enumerate(selected, 1):
        description = " ".join(function.__doc__.split()).rstrip(".")
        try:
            glue.reset()
            function(glue)
            print(f"ok {number} - {description}", flush=True)
        except Exception:
            failures += 1
            print(f"not ok {number} - {description}")
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
    return failures == 0
