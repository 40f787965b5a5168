"""Serve moto, the mock of AWS from PyPI, over TLS, with its authentication on.

An implementation of Glue that is independent of this project: it checks
signatures with botocore's code and the caller's rights by IAM's rules.  On
standard output comes one line of JSON, with its address and its users:

    url, region, account, ca_file
                its address, its account, and the authority to trust
    users       the environment of each user: "able" may do everything with
                Glue, "powerless" nothing

It serves until its standard input is closed, so that it never outlives the
test that started it.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading

import boto3
from moto.core import enable_iam_authentication
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.serving import make_server

REGION = "eu-west-1"

# moto's account, if none is given
ACCOUNT = "123456789012"

ALLOW_GLUE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "glue:*", "Resource": "*"}],
}


def make_certificate(directory):
    """Make a certificate that is its own authority."""
    certificate = os.path.join(directory, "certificate.pem")
    key = os.path.join(directory, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
         "-days", "2", "-subj", "/CN=moto",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    return certificate, key


def make_user(iam, name, policy=None):
    """Make a user and return the environment with a key of that user."""
    iam.create_user(UserName=name)
    if policy is not None:
        iam.put_user_policy(UserName=name, PolicyName=name,
                            PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="moto") as directory:
        serve(directory)


def serve(directory):
    certificate, key = make_certificate(directory)
    server = make_server(
        "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app),
        threaded=True, ssl_context=(certificate, key))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.port}"

    iam = boto3.client(
        "iam", endpoint_url=url, verify=certificate,
        region_name=REGION, aws_access_key_id="none",
        aws_secret_access_key="none")
    users = {"able": make_user(iam, "able", ALLOW_GLUE),
             "powerless": make_user(iam, "powerless")}

    # from here on every request is checked
    with enable_iam_authentication():
        print(json.dumps({"url": url, "region": REGION, "account": ACCOUNT,
                          "ca_file": certificate, "users": users}),
              flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
