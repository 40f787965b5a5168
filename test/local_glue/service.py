"""The port that stands for AWS: Glue's JSON 1.1 and STS's Query protocol.

A request passes through the same steps as at AWS: it is read, its signature
is checked, its input is checked, it is carried out, it is answered.  A rule
of misbehaviour can stop it before it is carried out, replace its answer, or
decide how that answer is sent.
"""

import email.utils
import json
import re
import ssl
import sys
import traceback
import urllib.parse
import uuid

from local_glue import signature, sts
from local_glue.errors import AwsError
from local_glue.glue import Call
from local_glue.http_server import Delivery, Disconnected, Response, pause
from local_glue.misbehaviour import garbage_body, misbehave

HANDSHAKE = "Connection.Handshake"
JSON_TYPE = "application/x-amz-json-1.1"
FORM_TYPE = "application/x-www-form-urlencoded"

# The limit of the nesting of JSON; Python's own depends on its version.
MAX_NESTING = 500


def as_json(value):
    """A JSON answer's body, in UTF-8 if that is possible."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()       # a lone surrogate


def nests_too_deep(text):
    """Is JSON nested deeper than the limit?"""
    if text.count("{") + text.count("[") <= MAX_NESTING:
        return False
    depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|([][{}])', text):
        depth += {"": 0, "{": 1, "[": 1}.get(bracket, -1)
        if depth > MAX_NESTING:
            return True
    return False


def parse_json(body):
    """Parse the body of a request as a JSON object."""
    def refuse(constant):
        raise ValueError(constant)

    try:
        text = body.decode("utf-8")
        if nests_too_deep(text):
            raise ValueError("nested too deep")
        value = json.loads(text, parse_constant=refuse)
    except ValueError:
        raise AwsError("SerializationException",
                       "The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise AwsError("SerializationException",
                       "Start of structure or map expected.")
    return value


def connection_name(value):
    """The name of the connection in an input, or None."""
    inner = value.get("ConnectionInput")
    name = value.get("Name", value.get("ConnectionName"))
    if isinstance(inner, dict):
        name = inner.get("Name", name)
    if isinstance(value.get("ResourceArn"), str):
        name = value["ResourceArn"].partition(":connection/")[2]
    return name if isinstance(name, str) else None


class GlueProtocol:
    """JSON 1.1, as Glue speaks it."""

    service = "glue"

    def __init__(self, server, request, request_id):
        self._server = server
        self._request = request
        self.request_id = request_id
        prefix, _, self.operation = request.headers.get(
            "x-amz-target", "").partition(".")
        content_type = request.headers.get("content-type", "")
        self._known = (prefix == "AWSGlue" and content_type == JSON_TYPE
                       and request.method == "POST"
                       and request.path == server.settings.path)
        self._input = {}
        self._input_error = None

    def read_input(self):
        """Parse the body; its errors are reported later."""
        try:
            self._input = parse_json(self._request.body)
        except AwsError as error:
            self._input_error = error

    @property
    def name(self):
        """The name of the connection in the request, or None."""
        return connection_name(self._input)

    @property
    def is_signed(self):
        """Must the request be signed?"""
        return True

    def perform(self, claim, credential, now, rule):
        """Carry the request out."""
        if not self._known:
            raise AwsError("UnknownOperationException", "")
        if self._input_error:
            raise self._input_error
        call = Call(credential.account, credential.arn, claim.region,
                    round(now, 3), rule)
        with self._server.lock:
            answer = self._server.glue.perform(self.operation, self._input,
                                               call)
            body = as_json(answer)
        return Response(200, body, [("Content-Type", JSON_TYPE)])

    def error(self, error):
        """The answer with an error."""
        return Response(error.status, as_json(error.as_json()),
                        [("Content-Type", JSON_TYPE)])


class StsProtocol:
    """The Query protocol, as STS speaks it."""

    service = "sts"
    name = None

    def __init__(self, server, request, request_id):
        self._server = server
        self._request = request
        self.request_id = request_id
        self._form = {}
        self.operation = ""

    def read_input(self):
        """Parse the form."""
        self._form = dict(urllib.parse.parse_qsl(
            self._request.body.decode("utf-8", "replace"),
            keep_blank_values=True))
        self.operation = self._form.get("Action", "")

    @property
    def is_signed(self):
        """Must the request be signed?"""
        return self.operation != "AssumeRoleWithWebIdentity"

    def perform(self, claim, credential, now, rule):
        """Carry the request out."""
        with self._server.lock:
            result = self._server.sts.perform(self.operation, self._form,
                                              credential, now)
        return sts.response(self.operation, result, self.request_id)

    def error(self, error):
        """The answer with an error."""
        return sts.error_response(error, self.request_id)


class Service:
    """The handler of the service port."""

    def __init__(self, server):
        self._server = server

    def admit(self, connection):
        """Do the TLS handshake, unless a rule prevents it."""
        journal = self._server.journal
        journal.count("tcp_connections")
        rule = self._server.rules.take(HANDSHAKE)
        if rule:
            self._spoil_handshake(rule, connection)
        context = self._server.tls_context()
        if context is None:
            return
        try:
            connection.start_tls(context)
        except (ssl.SSLError, OSError):
            journal.count("tls_failures")
            raise
        journal.count("tls_handshakes")
        if connection.sock.session_reused:
            journal.count("tls_resumed")

    @staticmethod
    def _spoil_handshake(rule, connection):
        pause(rule.delay_ms / 1000)
        if rule.kind == "slow":
            return
        if rule.kind.startswith("reset"):
            connection.reset()
        elif rule.kind == "garbage":
            connection.send(garbage_body(rule))
        elif rule.kind == "stall":
            connection.wait_for_client(rule.seconds)
        raise Disconnected

    def handle(self, request):
        """Answer a request."""
        server = self._server
        is_form = request.headers.get("content-type", "").startswith(
            FORM_TYPE)
        protocol = (StsProtocol if is_form else GlueProtocol)(
            server, request, str(uuid.uuid4()))
        rule = server.rules.take(protocol.operation, unread=True)
        if not rule:
            request.read_body()
            protocol.read_input()
            rule = server.rules.take(protocol.operation, protocol.name)
        entry = server.journal.open(request, "service", protocol.operation)
        entry["request_id"] = protocol.request_id
        entry["misbehaviour"] = rule.kind if rule else None
        response = None
        if rule:
            pause(rule.arrives_ms / 1000)
        if not (rule and rule.unread):
            response = self._respond(request, protocol, entry, rule)
        return self._dress(response, entry, rule, request)

    def finish(self, request):
        """A request was answered or dropped."""
        self._server.journal.close()

    def _respond(self, request, protocol, entry, rule):
        """The true response; None if the request is not carried out."""
        now = self._server.settings.now()
        if rule:
            now += rule.clock_offset_s
        try:
            claim, credential = self._authenticate(request, protocol, entry,
                                                   now)
            if rule and not rule.processed:
                return None
            if not self._server.buckets.take(
                    credential.account if credential else "",
                    protocol.operation):
                raise AwsError("ThrottlingException", "Rate exceeded")
            entry["processed"] = True
            response = protocol.perform(claim, credential, now, rule)
        except AwsError as error:
            entry["error"] = error.code
            response = protocol.error(error)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            response = protocol.error(AwsError(
                "InternalServiceException",
                "local_glue has a bug: see its standard error"))
        return response

    def _authenticate(self, request, protocol, entry, now):
        if not protocol.is_signed:
            return None, None
        entry["signature_ok"] = False
        claim = signature.parse_authorization(
            request.headers.get("authorization"))
        entry["access_key"] = claim.access_key
        entry["region"] = claim.region
        credential = signature.verify(
            request, claim, protocol.service, self._server.credentials, now,
            self._server.settings.region)
        entry["signature_ok"] = True
        return claim, credential

    def _dress(self, response, entry, rule, request):
        """Misbehave, and add the members of every answer."""
        settings = self._server.settings
        delivery = Delivery()
        if rule:
            response, delivery = misbehave(rule, request, response)
        delivery.delay_s += settings.latency_ms / 1000
        if response is None:
            return response, delivery
        offset = rule.clock_offset_s if rule else 0
        response.set_header("x-amzn-RequestId", entry["request_id"])
        response.set_header("Date", email.utils.formatdate(
            settings.now() + offset, usegmt=True))
        for name, value in (rule.headers if rule else {}).items():
            response.set_header(name, value)
        entry["status"] = response.status
        return response, delivery

    def refuse(self, status, message):
        """The answer to an invalid request."""
        body = as_json({"__type": "MalformedHttpRequestException",
                        "message": message})
        return Response(status, body, [("Content-Type", JSON_TYPE)])
