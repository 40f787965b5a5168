#!/usr/bin/env python3
"""boto3, unmodified, drives every operation of the local Glue.

The tests of the extension against test/local_glue are worth as much as that
server resembles AWS.  Here AWS's own client is the reference: it sends every
operation, reads every answer, and signs; the server must satisfy it.

The tests are in local_glue_peer/, by subject; this file starts one server
for all of them and prints TAP.  Run it with a Python that has boto3.
Arguments select the tests whose names contain one of them.
"""

import importlib
import os
import sys

from local_glue_peer import harness

SUBJECTS = ("connections", "validation", "rules", "signatures",
            "surroundings", "misbehaviour", "process")


def forget_the_environment():
    """Ignore all AWS settings of the caller."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.devnull
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


def main():
    """Run the tests; the exit status says whether all succeeded."""
    forget_the_environment()
    for subject in SUBJECTS:
        importlib.import_module("local_glue_peer." + subject)
    with harness.LocalGlue() as glue:
        return 0 if harness.run_tests(glue, sys.argv[1:]) else 1


if __name__ == "__main__":
    sys.exit(main())
