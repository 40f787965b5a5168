"""Credentials from the surroundings: EC2's IMDSv2 and ECS's container ones.

Both are plain HTTP on one port; the paths tell them apart.  The names of the
operations, for misbehaviour and the journal, begin with "Metadata.".
"""

import json
import secrets
import time

from local_glue.http_server import Delivery, Response
from local_glue.misbehaviour import misbehave
from local_glue.sts import iso_time

TOKEN_PATH = "/latest/api/token"
ROLES_PATH = "/latest/meta-data/iam/security-credentials/"
REGION_PATH = "/latest/meta-data/placement/region"
CONTAINER_PATHS = ("/v2/credentials/", "/v1/credentials")
TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "x-aws-ec2-metadata-token"
MAX_TTL = 21600


def text(status, body="", content_type="text/plain"):
    """A plain answer."""
    return Response(status, body.encode(), [("Content-Type", content_type)])


def operation_of(request):
    """The operation of a request."""
    if request.path == TOKEN_PATH:
        return "Metadata.Token"
    if request.path.rstrip("/") == ROLES_PATH.rstrip("/"):
        return "Metadata.Roles"
    if request.path.startswith(ROLES_PATH):
        return "Metadata.RoleCredentials"
    if request.path.startswith(CONTAINER_PATHS):
        return "Metadata.ContainerCredentials"
    return "Metadata.Other"


class Metadata:
    """The handler of the metadata port."""

    def __init__(self, server):
        self._server = server
        self._tokens = {}           # IMDS session token: when it expires

    def admit(self, connection):
        """Nothing to do: the port is plain."""

    def handle(self, request):
        """Answer a request."""
        server = self._server
        request.read_body()
        operation = operation_of(request)
        rule = server.rules.take(operation)
        entry = server.journal.open(request, "metadata", operation)
        entry["misbehaviour"] = rule.kind if rule else None
        response, delivery = None, Delivery()
        if not rule or rule.processed:
            entry["processed"] = True
            response = self._respond(operation, request)
        if rule:
            response, delivery = misbehave(rule, request, response)
        if response:
            entry["status"] = response.status
            for name, value in (rule.headers if rule else {}).items():
                response.set_header(name, value)
        return response, delivery

    def finish(self, request):
        """A request was answered or dropped."""
        self._server.journal.close()

    def refuse(self, status, message):
        """The answer to an invalid request."""
        return text(status, message)

    def _respond(self, operation, request):
        if operation == "Metadata.Token":
            return self._make_token(request)
        if operation == "Metadata.ContainerCredentials":
            return self._container_credentials(request)
        if request.method != "GET":
            return text(405)
        if not self._has_token(request):
            return text(401, "Unauthorized")
        role = self._server.settings.metadata_role
        if operation == "Metadata.Roles" and role:
            return text(200, role)
        if operation == "Metadata.RoleCredentials" \
                and request.path == ROLES_PATH + role:
            return self._role_credentials(role)
        if request.path == REGION_PATH:
            return text(200, self._server.settings.region or "us-east-1")
        return text(404, "Not Found")

    def _make_token(self, request):
        if request.method != "PUT":
            return text(405)
        if "x-forwarded-for" in request.headers:
            return text(403)
        ttl = request.headers.get(TTL_HEADER, "")
        if not ttl.isdecimal() or not 1 <= int(ttl) <= MAX_TTL:
            return text(400, "Bad Request")
        token = secrets.token_urlsafe(42)
        self._tokens[token] = time.monotonic() + int(ttl)
        response = text(200, token)
        response.set_header(TTL_HEADER, ttl)
        return response

    def _has_token(self, request):
        token = request.headers.get(TOKEN_HEADER)
        if token is None:
            return self._server.settings.metadata_v1
        return self._tokens.get(token, 0) > time.monotonic()

    def forget_tokens(self):
        """Make all session tokens invalid, as a restart of IMDS does."""
        self._tokens.clear()

    def _mint(self, role):
        settings = self._server.settings
        arn = (f"arn:aws:sts::{settings.account}:assumed-role/{role}/"
               "i-0123456789abcdef0")
        return self._server.credentials.mint(
            settings.account, arn,
            settings.now() + settings.metadata_expires_in)

    def _role_credentials(self, role):
        minted = self._mint(role)
        return text(200, json.dumps({
            "Code": "Success",
            "LastUpdated": iso_time(self._server.settings.now()),
            "Type": "AWS-HMAC",
            "AccessKeyId": minted.access_key,
            "SecretAccessKey": minted.secret_key,
            "Token": minted.token,
            "Expiration": iso_time(minted.expires)}, indent=2))

    def _container_credentials(self, request):
        if request.method != "GET":
            return text(405)
        wanted = self._server.settings.container_token
        if wanted and request.headers.get("authorization") != wanted:
            return text(401, json.dumps({
                "code": "AuthorizationTokenInvalid",
                "message": "the Authorization header is not right"}),
                "application/json")
        minted = self._mint("local-glue-task")
        return text(200, json.dumps({
            "RoleArn": f"arn:aws:iam::{minted.account}:role/local-glue-task",
            "AccessKeyId": minted.access_key,
            "SecretAccessKey": minted.secret_key,
            "Token": minted.token,
            "Expiration": iso_time(minted.expires)}), "application/json")
