"""An HTTP proxy, for clients that reach the service port through one.

It serves only CONNECT, and only to loopback addresses.  Its names of
operations, for misbehaviour and the journal, are "Proxy.Connect" and, for
every other method, "Proxy.Forward".
"""

import base64
import socket

from local_glue.http_server import Delivery, Response
from local_glue.misbehaviour import misbehave

HERE = ("localhost", "127.0.0.1", "[::1]")


class Proxy:
    """The handler of the proxy port."""

    def __init__(self, server):
        self._server = server

    def admit(self, connection):
        """Nothing to do: the port is plain."""

    def handle(self, request):
        """Answer a request, and perhaps open its tunnel."""
        server = self._server
        connect = request.method == "CONNECT"
        operation = "Proxy.Connect" if connect else "Proxy.Forward"
        rule = server.rules.take(operation)
        entry = server.journal.open(request, "proxy", operation)
        if rule:
            entry["misbehaviour"] = rule.kind
            response, delivery = misbehave(rule, request, None)
        else:
            response, delivery = self._respond(request)
            entry["processed"] = delivery.tunnel is not None
        if response:
            entry["status"] = response.status
        return response, delivery

    def finish(self, request):
        """A request was answered, or its tunnel closed."""
        self._server.journal.close()

    def refuse(self, status, message):
        """The answer to an invalid request."""
        return Response(status, message.encode())

    def _respond(self, request):
        if not self._is_authorized(request):
            return Response(407, b"", [
                ("Proxy-Authenticate", 'Basic realm="local Glue"')]), \
                Delivery()
        host, _, port = request.path.rpartition(":")
        if request.method != "CONNECT" or host not in HERE:
            return Response(403), Delivery()
        try:
            tunnel = socket.create_connection((host.strip("[]"), int(port)))
        except (OSError, ValueError):
            return Response(502), Delivery()
        return Response(200), Delivery(tunnel=tunnel, ending="close")

    def _is_authorized(self, request):
        wanted = self._server.settings.proxy_credentials.encode()
        return not wanted or (
            request.headers.get("proxy-authorization")
            == "Basic " + base64.b64encode(wanted).decode())
