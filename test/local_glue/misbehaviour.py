"""Misbehaviour on demand: a queue of rules, and the effect of each kind.

A rule waits for requests that match it, takes effect a given number of times
and is gone.  The first rule that matches a request is used; no request meets
two.

One question decides everything for a client: was the request carried out?
Each kind has its usual answer, and "processed" of a rule changes it.
"""

import dataclasses
import fnmatch
import html
import json
import random
import threading

from local_glue.errors import AwsError
from local_glue.http_server import FLOODS, Delivery, Response

FOREVER = 24 * 3600.0
JSON_TYPE = ("Content-Type", "application/x-amz-json-1.1")

# Pages of proxies and load balancers instead of the service's answer.
PAGES = {
    "html": (
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n"
        "<center><h1>{status} {message}</h1></center>\r\n</body>\r\n</html>"
        "\r\n", "text/html"),
    "xml": (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
        "<Message>{message}</Message></Error>", "application/xml"),
    "empty": ("", "text/plain"),
}

GARBAGE = {
    "binary": bytes(range(256)) * 8,
    "text": b"It is a truth universally acknowledged",
    "array": b'["CreateConnectionStatus", "READY"]',
    "string": b'"READY"',
    "null": b"null",
    "half": b'{"CreateConnectionStatus": "REA',
    "empty": b"",
    "deep": b'{"a":' * 50000 + b"1" + b"}" * 50000,
    "nul": b'{"CreateConnectionStatus": "RE\\u0000DY"}',
    "latin1": b'{"CreateConnectionStatus": "READ\xdd"}',
    "wrong-types": b'{"CreateConnectionStatus": {"a": 1},'
                   b' "Connection": "none", "ConnectionList": {},'
                   b' "Tags": [1], "Errors": 7, "Succeeded": "x"}',
}


@dataclasses.dataclass
class Rule:
    """One rule of the queue, as POST /misbehave gives it."""

    kind: str
    operation: str = ""         # pattern; "" is any of the service port
    name: str = ""              # pattern for the connection's name
    times: int = 1              # 0: for ever
    skip: int = 0               # let so many pass first
    probability: float = 1.0
    processed: bool = None      # None: as usual for the kind
    delay_ms: int = 0
    arrives_ms: int = 0         # the request is not carried out before
    clock_offset_s: int = 0     # for this request's signature and Date
    headers: dict = dataclasses.field(default_factory=dict)
    # Fields of some kinds only:
    status: int = 0
    code: str = ""
    message: str = ""
    form: str = ""              # of PAGES or GARBAGE; "half" if truncated
    body: str = ""              # of garbage
    members: dict = dataclasses.field(default_factory=dict)
    location: str = ""          # of a redirect
    body_delay_ms: int = 0
    piece_size: int = 0
    piece_delay_ms: int = 0
    chunked: bool = False
    mebibytes: int = 16
    missing_bytes: int = 100
    seconds: float = FOREVER    # of a stall
    announce: bool = True       # of a close
    changes: dict = dataclasses.field(default_factory=dict)
    outcome: str = "READY"      # of a connection that is in progress
    reads: int = 0
    after_ms: int = 0
    reason: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"there is no kind {self.kind!r}; there are "
                             + ", ".join(sorted(KINDS)))
        self._check_types()
        forms = FORMS.get(self.kind, ())
        if self.form and self.form not in forms:
            raise ValueError(f"{self.kind} has the forms {tuple(forms)}")
        kind = KINDS[self.kind]
        if self.processed is None:
            self.processed = kind.processed
        if kind.needs_answer and not self.processed:
            raise ValueError(f"{self.kind} needs the request processed")

    def _check_types(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type is float and isinstance(value, int):
                continue
            if not isinstance(value, field.type):
                if field.name != "processed" or value is not None:
                    raise ValueError(f"{field.name} must be of type "
                                     + field.type.__name__)

    @property
    def unread(self):
        """Does the rule act before the body has been read?"""
        return self.kind.endswith("-unread")

    def matches(self, operation, name):
        """Is the rule meant for this request?"""
        if not self.operation:
            if "." in operation:
                return False
        elif not fnmatch.fnmatchcase(operation, self.operation):
            return False
        return not self.name or fnmatch.fnmatchcase(name or "", self.name)


class RuleQueue:
    """The rules that wait."""

    def __init__(self):
        self._rules = []
        self._lock = threading.Lock()
        self._random = random.Random(1)

    def add(self, description):
        """Add a rule, given as a JSON object."""
        try:
            rule = Rule(**description)
        except TypeError as error:
            raise ValueError(str(error)) from None
        with self._lock:
            self._rules.append(rule)

    def clear(self):
        """Drop all rules."""
        with self._lock:
            self._rules.clear()
            self._random.seed(1)

    def as_json(self):
        """The remaining rules."""
        with self._lock:
            return [dataclasses.asdict(rule) for rule in self._rules]

    def take(self, operation, name=None, unread=False):
        """The rule for a request, or None; uses it up by one."""
        with self._lock:
            for rule in self._rules:
                if rule.unread == unread and rule.matches(operation, name):
                    if self._is_due(rule):
                        return rule
        return None

    def _is_due(self, rule):
        if rule.skip:
            rule.skip -= 1
            return False
        if self._random.random() >= rule.probability:
            return False
        if rule.times:
            rule.times -= 1
            if not rule.times:
                self._rules.remove(rule)
        return True


def lose(rule, request, response):
    """The connection is closed without an answer."""
    return None, Delivery(send=False, ending="close")


def reset(rule, request, response):
    """The connection is reset without an answer."""
    return None, Delivery(send=False, ending="reset")


def stall(rule, request, response):
    """The client gets no answer until it gives up."""
    return None, Delivery(send=False, ending="close", hold_s=rule.seconds)


def stall_unread(rule, request, response):
    """Nor is the body read, so that the client cannot send all of it."""
    return None, Delivery(send=False, ending="close", hold_s=rule.seconds,
                          reading=False)


def answer_error(rule, request, response):
    """An error in one of the forms that occur in practice."""
    error = AwsError(rule.code or "InternalServiceException", rule.message,
                     **rule.members)
    if rule.form in PAGES:
        page, content_type = PAGES[rule.form]
        body = page.format(status=rule.status or error.status,
                           code=html.escape(error.code),
                           message=html.escape(error.message))
        return Response(rule.status or error.status, body.encode(),
                        [("Content-Type", content_type)]), Delivery()
    return error_response(rule, error)


def error_response(rule, error):
    """An error in JSON, with the rule's status or its own."""
    body = json.dumps(error.as_json())
    return Response(rule.status or error.status, body.encode(),
                    [JSON_TYPE]), Delivery()


def throttle(rule, request, response):
    """Glue's throttling, which has the status 400."""
    return error_response(rule, AwsError(
        rule.code or "ThrottlingException", rule.message or "Rate exceeded"))


def echo(rule, request, response):
    """An error that quotes the whole request, secrets and all."""
    return error_response(rule, AwsError(
        "InvalidInputException", "Cannot process the request: "
        + request.body.decode("utf-8", "replace")))


def redirect(rule, request, response):
    """A redirect, which a signed request must not follow."""
    return Response(rule.status or 302, b"",
                    [("Location", rule.location)]), Delivery()


def answer(rule, request, response):
    """The true answer, perhaps slowly or in pieces."""
    return response, Delivery(
        body_delay_s=rule.body_delay_ms / 1000,
        piece_size=rule.piece_size,
        piece_delay_s=rule.piece_delay_ms / 1000, chunked=rule.chunked)


def garbage_body(rule):
    """The bytes that a rule gives or names."""
    return rule.body.encode() or GARBAGE[rule.form or "binary"]


def garbage(rule, request, response):
    """Status 200, and a body that is no answer."""
    return Response(rule.status or 200, garbage_body(rule),
                    [JSON_TYPE]), Delivery()


def truncate(rule, request, response):
    """The answer stops before the announced length.

    The sent part may look complete, or is "half" of the answer.
    """
    missing = rule.missing_bytes
    if rule.form == "half":
        missing = (len(response.body) + 1) // 2
        response.body = response.body[:-missing]
    return response, Delivery(missing_bytes=missing, ending="close")


def huge(rule, request, response):
    """A valid JSON answer of many mebibytes."""
    body = (b'{"CreateConnectionStatus": "READY", "Padding": "'
            + b"x" * (rule.mebibytes * 1024 * 1024) + b'"}')
    return Response(rule.status or 200, body, [JSON_TYPE]), Delivery(
        chunked=rule.chunked, piece_size=64 * 1024)


def flood(rule, request, response):
    """The true answer with many mebibytes of headers or similar parts."""
    return response, Delivery(flood=rule.form or "headers",
                              flood_size=rule.mebibytes * 1024 * 1024)


def close(rule, request, response):
    """The true answer, and then the end of the connection."""
    return response, Delivery(announce_close=rule.announce,
                              ending="orderly")


@dataclasses.dataclass(frozen=True)
class Kind:
    """The effect of a kind, and whether the request is usually carried out."""

    processed: bool
    act: object
    needs_answer: bool = False


KINDS = {
    "lost-unread": Kind(False, lose),
    "lost-before": Kind(False, lose),
    "lost-after": Kind(True, lose),
    "reset-before": Kind(False, reset),
    "reset-after": Kind(True, reset),
    "stall": Kind(False, stall),
    "stall-unread": Kind(False, stall_unread),
    "throttle": Kind(False, throttle),
    "error": Kind(False, answer_error),
    "echo": Kind(False, echo),
    "redirect": Kind(False, redirect),
    "slow": Kind(True, answer, True),
    "headers": Kind(True, answer, True),
    "skew": Kind(True, answer, True),
    "altered": Kind(True, answer, True),
    "in-progress": Kind(True, answer, True),
    "garbage": Kind(True, garbage),
    "truncated": Kind(True, truncate, True),
    "huge": Kind(True, huge),
    "flood": Kind(True, flood, True),
    "close": Kind(True, close, True),
}


FORMS = {"error": PAGES, "garbage": GARBAGE, "truncated": ("half",),
         "flood": FLOODS}


def misbehave(rule, request, response):
    """Turn the true response (None if not processed) into the rule's."""
    response, delivery = KINDS[rule.kind].act(rule, request, response)
    delivery.delay_s = rule.delay_ms / 1000
    return response, delivery
