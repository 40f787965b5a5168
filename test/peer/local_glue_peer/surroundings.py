"""The sources of credentials: STS, and the metadata services."""

import os
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
import botocore.session
import botocore.utils

from local_glue_peer.harness import (
    ACCOUNT, contains, equal, fails, refused, test)

ROLE = f"arn:aws:iam::{ACCOUNT}:role/path/reader"
ROLES_PATH = "/latest/meta-data/iam/security-credentials/"


class Environment:
    """Environment variables for the span of a with statement."""

    def __init__(self, **variables):
        self._variables = variables

    def __enter__(self):
        os.environ.update(self._variables)

    def __exit__(self, *_):
        for name in self._variables:
            del os.environ[name]


def client_with(glue, credentials):
    """A Glue client with the credentials that STS has given."""
    return glue.client(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"])


def get(url, method="GET", **headers):
    """Status and text of a plain request."""
    request = urllib.request.Request(
        url, method=method,
        headers={name.replace("_", "-"): value
                 for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@test
def test_caller_identity(glue):
    """STS tells the caller's identity."""
    answer = glue.client("sts").get_caller_identity()
    equal((answer["Account"], answer["Arn"]),
          (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/local-glue"))
    equal(answer["ResponseMetadata"]["RequestId"],
          glue.last_request()["request_id"])


@test
def test_assume_role(glue):
    """STS gives credentials for a role, which Glue accepts."""
    answer = glue.client("sts").assume_role(
        RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900)
    equal(answer["AssumedRoleUser"]["Arn"],
          f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/me")
    client_with(glue, answer["Credentials"]).get_connections()
    wrong = {**answer["Credentials"], "SessionToken": "other"}
    refused("UnrecognizedClientException",
            client_with(glue, wrong).get_connections)


@test
def test_assume_role_refusals(glue):
    """STS refuses roles and parameters."""
    client = glue.client("sts")
    glue.set(roles={ROLE: {"external_id": "x-1"},
                    ROLE + "2": {"deny": True}})
    client.assume_role(RoleArn=ROLE, RoleSessionName="me", ExternalId="x-1")
    refused("AccessDenied", client.assume_role, RoleArn=ROLE,
            RoleSessionName="me", text="is not authorized to perform:"
            f" sts:AssumeRole on resource: {ROLE}")
    refused("AccessDenied", client.assume_role, RoleArn=ROLE + "2",
            RoleSessionName="me")
    for wrong in ({"RoleArn": "x" * 20}, {"RoleSessionName": "a b"},
                  {"DurationSeconds": 99999}):
        refused("ValidationError", client.assume_role, **{
            "RoleArn": ROLE + "3", "RoleSessionName": "me", **wrong})


@test
def test_web_identity(glue):
    """STS gives credentials for a web identity, without a signature."""
    client = glue.client("sts")
    token = glue.control("/web-identity", {"subject": "pod-1"})["token"]
    answer = client.assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="me", WebIdentityToken=token)
    equal(answer["SubjectFromWebIdentityToken"], "pod-1")
    equal(glue.last_request()["signature_ok"], None)
    assert "authorization" not in glue.last_request()["headers"]
    client_with(glue, answer["Credentials"]).get_connections()
    old = glue.control("/web-identity", {"expires_in": -1})["token"]
    for wrong, code in ((old, "ExpiredTokenException"),
                        (token[:-3] + "abc", "InvalidIdentityToken"),
                        ("nonsense", "InvalidIdentityToken")):
        refused(code, client.assume_role_with_web_identity, RoleArn=ROLE,
                RoleSessionName="me", WebIdentityToken=wrong)


@test
def test_sts_errors(glue):
    """STS has its own names for the errors of a signature."""
    call = glue.client("sts", aws_secret_access_key="x").get_caller_identity
    refused("SignatureDoesNotMatch", call)
    call = glue.client("sts", aws_access_key_id="x").get_caller_identity
    refused("InvalidClientTokenId", call)
    client = glue.client("sts")
    refused("InvalidAction", client.get_session_token)
    glue.set(clock_offset_s=400)
    text = refused("SignatureDoesNotMatch", client.get_caller_identity)
    contains(text, "Signature expired")
    equal(glue.last_request()["status"], 403)


@test
def test_instance_credentials(glue):
    """botocore takes the instance's credentials, and Glue accepts them."""
    with Environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=glue.metadata_url):
        client = glue.client(session=boto3.Session())
        client.get_connections()
    entries = glue.control("/requests")
    equal([entry["operation"] for entry in entries],
          ["Metadata.Token", "Metadata.Roles", "Metadata.RoleCredentials",
           "GetConnections"])
    assert entries[-1]["access_key"].startswith("ASIA")
    contains(entries[-1]["headers"]["authorization"], "x-amz-security-token")


@test
def test_instance_metadata_tokens(glue):
    """Without a valid session token, IMDSv2 says 401."""
    url = glue.metadata_url
    equal(get(url + ROLES_PATH)[0], 401)
    ttl = {"X_aws_ec2_metadata_token_ttl_seconds": "60"}
    equal(get(url + "/latest/api/token", "PUT")[0], 400)
    equal(get(url + "/latest/api/token", "PUT", X_Forwarded_For="x", **ttl),
          (403, ""))
    status, token = get(url + "/latest/api/token", "PUT", **ttl)
    equal(status, 200)
    header = {"X_aws_ec2_metadata_token": token}
    equal(get(url + ROLES_PATH, **header), (200, "local-glue-role"))
    equal(get(url + ROLES_PATH + "other", **header)[0], 404)
    equal(get(url + "/latest/meta-data/placement/region", **header),
          (200, "us-east-1"))
    glue.control("/forget-tokens", {})
    equal(get(url + ROLES_PATH, **header)[0], 401)
    glue.set(metadata_v1=True)
    equal(get(url + ROLES_PATH)[0], 200)


@test
def test_instance_without_role(glue):
    """An instance without a role has no credentials."""
    glue.set(metadata_role="", metadata_v1=True)
    equal(get(glue.metadata_url + ROLES_PATH)[0], 404)
    with Environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=glue.metadata_url):
        client = glue.client(session=boto3.Session())
        fails(botocore.exceptions.NoCredentialsError, client.get_connections)


@test
def test_metadata_misbehaves(glue):
    """Rules for the metadata port name its operations."""
    url = glue.metadata_url + "/v2/credentials/x"
    glue.misbehave("error", status=500, form="html")
    equal(get(url)[0], 200)
    glue.misbehave("error", operation="Metadata.*", status=404, form="empty")
    equal(get(url)[0], 404)
    glue.misbehave("garbage", operation="Metadata.ContainerCredentials",
                   form="half")
    equal(get(url), (200, '{"CreateConnectionStatus": "REA'))


@test
def test_expired_instance_credentials(glue):
    """Glue refuses metadata credentials that have expired."""
    glue.set(metadata_expires_in=-10)
    fetcher = botocore.utils.InstanceMetadataFetcher(
        base_url=glue.metadata_url + "/", config={
            "ec2_metadata_service_endpoint": glue.metadata_url})
    found = fetcher.retrieve_iam_role_credentials()
    client = glue.client(aws_access_key_id=found["access_key"],
                         aws_secret_access_key=found["secret_key"],
                         aws_session_token=found["token"])
    refused("ExpiredTokenException", client.get_connections)


@test
def test_container_credentials(glue):
    """botocore takes the container's credentials, with its token."""
    glue.set(container_token="Bearer abc")
    url = glue.metadata_url + "/v2/credentials/task-1"
    equal(get(url)[0], 401)
    with Environment(AWS_CONTAINER_CREDENTIALS_FULL_URI=url,
                     AWS_CONTAINER_AUTHORIZATION_TOKEN="Bearer abc"):
        glue.client(session=boto3.Session()).get_connections()
    equal(glue.last_request()["signature_ok"], True)
    equal([entry["operation"] for entry in glue.control("/requests")],
          ["Metadata.ContainerCredentials"] * 2 + ["GetConnections"])


@test
def test_proxy(glue):
    """boto3 comes through the proxy, if it has the password."""
    address = f"127.0.0.1:{glue.ready['proxy_port']}"
    glue.set(proxy_credentials="user:pass-word")
    for user, status in (("user:pass-word@", 200), ("user:other@", 407),
                         ("", 407)):
        client = glue.client(proxies={"https": f"http://{user}{address}"})
        if status == 200:
            client.get_connections()
        else:
            fails(botocore.exceptions.ProxyConnectionError,
                  client.get_connections)
        entry = glue.control("/requests?operation=Proxy.Connect")[-1]
        equal((entry["status"], entry["path"]),
              (status, f"localhost:{glue.ready['port']}"))
    glue.set(proxy_credentials="")
    equal(get(f"http://{address}/")[0], 403)
