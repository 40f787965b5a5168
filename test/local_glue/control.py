"""The control API: see everything, change everything, in plain JSON.

Clients of AWS do not use this port.  README.md lists its requests.
"""

import json

from local_glue.catalog import Connection
from local_glue.http_server import Delivery, Response
from local_glue.sts import make_web_identity

DEFAULT_REGION = "us-east-1"


def as_list(value):
    """A list of one, or the list that it is."""
    return value if isinstance(value, list) else [value]


class Control:
    """The handler of the control port."""

    def __init__(self, server):
        self._server = server
        self._routes = {
            ("GET", "/state"): self._state,
            ("GET", "/requests"): self._requests,
            ("GET", "/counters"): self._counters,
            ("GET", "/settings"): self._get_settings,
            ("POST", "/settings"): self._settings,
            ("GET", "/misbehave"): self._get_rules,
            ("POST", "/misbehave"): self._misbehave,
            ("DELETE", "/misbehave"): self._behave,
            ("POST", "/connections"): self._put_connections,
            ("DELETE", "/connections"): self._remove_connection,
            ("GET", "/credentials"): self._get_credentials,
            ("POST", "/credentials"): self._put_credentials,
            ("POST", "/web-identity"): self._web_identity,
            ("POST", "/forget-tokens"): self._forget_tokens,
            ("POST", "/reset"): self._reset,
        }

    def admit(self, connection):
        """Nothing to do: the port is plain."""

    def finish(self, request):
        """Nothing to do: control requests are not counted."""

    def handle(self, request):
        """Answer a request."""
        request.read_body()
        route = self._routes.get((request.method, request.path))
        if route is None:
            return self.refuse(404, "there is no such resource"), Delivery()
        try:
            value = json.loads(request.body or b"{}")
            answer = route(value, request.parameters())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return self.refuse(400, f"{type(error).__name__}: {error}"), \
                Delivery()
        return self._respond(200, answer), Delivery()

    @staticmethod
    def _respond(status, value):
        return Response(status, json.dumps(value, indent=1).encode() + b"\n",
                        [("Content-Type", "application/json")])

    def refuse(self, status, message):
        """The answer to an impossible request."""
        return self._respond(status, {"error": message})

    def _state(self, value, parameters):
        with self._server.lock:
            return self._server.catalogs.as_json()

    def _requests(self, value, parameters):
        return self._server.journal.requests(
            parameters.get("operation"), int(parameters.get("since", 0)))

    def _counters(self, value, parameters):
        return self._server.journal.counters()

    def _get_settings(self, value, parameters):
        return self._server.settings.as_json()

    def _settings(self, value, parameters):
        self._server.settings.change(value)
        return self._server.settings.as_json()

    def _get_rules(self, value, parameters):
        return self._server.rules.as_json()

    def _misbehave(self, value, parameters):
        for description in as_list(value):
            self._server.rules.add(description)
        return self._server.rules.as_json()

    def _behave(self, value, parameters):
        self._server.rules.clear()
        return []

    def _put_connections(self, value, parameters):
        for item in as_list(value):
            self._put_connection(item)
        return {}

    def _put_connection(self, item):
        settings = self._server.settings
        definition = item["input"]
        now = round(settings.now(), 3)
        connection = Connection(
            definition, item.get("tags", {}), item.get("created", now),
            item.get("updated", now),
            item.get("updated_by", "arn:aws:iam::123456789012:user/other"),
            item.get("status", "READY"), item.get("status_reason", ""))
        with self._server.lock:
            catalog = self._server.catalogs.of(
                item.get("account", settings.account),
                item.get("region", DEFAULT_REGION))
            catalog[definition["Name"]] = connection

    def _remove_connection(self, value, parameters):
        with self._server.lock:
            catalog = self._server.catalogs.of(
                parameters.get("account", self._server.settings.account),
                parameters.get("region", DEFAULT_REGION))
            return {"removed": catalog.pop(parameters["name"], None)
                    is not None}

    def _get_credentials(self, value, parameters):
        return self._server.credentials.as_json()

    def _put_credentials(self, value, parameters):
        settings = self._server.settings
        for item in as_list(value):
            expires = item.get("expires_in")
            self._server.credentials.add(
                item["access_key"], item["secret_key"],
                item.get("account", settings.account),
                arn=item.get("arn"), token=item.get("token", ""),
                expires=settings.now() + expires if expires is not None
                else 0.0)
        return {}

    def _web_identity(self, value, parameters):
        expires = self._server.settings.now() + value.get("expires_in", 3600)
        subject = value.get("subject", "system:serviceaccount:test:postgres")
        return {"token": make_web_identity(subject, expires)}

    def _forget_tokens(self, value, parameters):
        self._server.metadata.forget_tokens()
        return {}

    def _reset(self, value, parameters):
        self._server.reset()
        return {}
