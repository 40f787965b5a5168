"""A small threaded HTTP/1.1 server that can be made to misbehave.

Python's own http.server answers every request properly.  So it can neither
lose an answer, truncate it, delay it, or reset the connection, as the tests
need, nor keep connections and answer in one packet, as AWS does.  Here the
two sides are apart: a handler turns a Request into a Response, and a Delivery
says how that response is sent, or that it is not.

One thread serves one connection, for as long as the client keeps it.
"""

import dataclasses
import select
import socket
import ssl
import struct
import threading
import time
import urllib.parse

MAX_HEAD = 64 * 1024
MAX_BODY = 16 * 1024 * 1024
RECEIVE_SIZE = 64 * 1024
LINGER_NONE = struct.pack("ii", 1, 0)   # close() then resets

REASONS = {
    200: "OK", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    407: "Proxy Authentication Required", 408: "Request Timeout",
    411: "Length Required",
    413: "Payload Too Large", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout",
}


# Parts of an answer that can be repeated: interim answers, headers, and
# trailers after the last chunk of a body.
FLOODS = {
    "interim": b"HTTP/1.1 100 Continue\r\n\r\n"
               b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n",
    "headers": b"X-Flood: " + b"y" * 80 + b"\r\n",
    "trailers": b"X-Flood: " + b"y" * 80 + b"\r\n",
}


class Disconnected(Exception):
    """The client has closed the connection, or the server has to."""


class BadRequest(Exception):
    """The message is not HTTP/1.1 as this server speaks it."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


@dataclasses.dataclass
class Response:
    """An answer: status, headers (a list of pairs) and body."""

    status: int
    body: bytes = b""
    headers: list = dataclasses.field(default_factory=list)

    def set_header(self, name, value):
        """Replace a header; None removes it."""
        self.headers = [pair for pair in self.headers
                        if pair[0].lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))


@dataclasses.dataclass
class Delivery:
    """The way an answer is sent.

    ending is the end of the connection: "keep", "orderly" (closed as TLS
    demands), "close" (closed without a notice) or "reset".
    """

    send: bool = True
    delay_s: float = 0.0            # before anything is sent
    body_delay_s: float = 0.0       # between headers and body
    piece_size: int = 0             # send the body in pieces of this size
    piece_delay_s: float = 0.0      # with this delay after each
    missing_bytes: int = 0          # announced, but never sent
    chunked: bool = False
    flood: str = ""                 # a key of FLOODS
    flood_size: int = 0             # bytes of it
    announce_close: bool = False    # say "Connection: close"
    ending: str = "keep"
    hold_s: float = 0.0             # wait before the ending
    reading: bool = True            # and read further messages meanwhile
    tunnel: socket.socket = None    # relay all further bytes to and from there


class Request:
    """A request whose head was read, and whose body can be read."""

    def __init__(self, method, target, headers, connection):
        self.method = method
        target, _, self.query = target.partition("?")
        self.path = target
        self.headers = headers          # names in lower case
        self.connection = connection
        self.body = b""

    def read_body(self):
        """Read the whole body; returns it too."""
        if "transfer-encoding" in self.headers:
            raise BadRequest(411, "a Content-Length is needed")
        text = self.headers.get("content-length", "0")
        if not text.isdecimal():
            raise BadRequest(400, "Content-Length is no number")
        if int(text) > MAX_BODY:
            raise BadRequest(413, "the body is too large")
        if self.headers.get("expect", "").lower() == "100-continue":
            self.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.body = self.connection.receive_exactly(int(text))
        return self.body

    def parameters(self):
        """The parameters of the query string."""
        return dict(urllib.parse.parse_qsl(self.query,
                                           keep_blank_values=True))


class Connection:
    """One client's connection, from handshake to close."""

    def __init__(self, number, sock):
        self.number = number
        self.sock = sock
        self._buffer = b""

    def start_tls(self, context):
        """Do the handshake; raises ssl.SSLError or OSError."""
        self.sock = context.wrap_socket(self.sock, server_side=True)

    @property
    def tls_version(self):
        """The version, such as "TLSv1.3", or "" on a plain connection."""
        return self.sock.version() if self.is_tls else ""

    @property
    def is_tls(self):
        """Does TLS protect the connection?"""
        return isinstance(self.sock, ssl.SSLSocket)

    def _receive_more(self):
        try:
            data = self.sock.recv(RECEIVE_SIZE)
        except OSError:
            data = b""
        if not data:
            raise Disconnected
        return data

    def receive_exactly(self, size):
        """Read that many bytes."""
        pieces = [self._buffer]
        have = len(self._buffer)
        while have < size:
            pieces.append(self._receive_more())
            have += len(pieces[-1])
        data = b"".join(pieces)
        self._buffer = data[size:]
        return data[:size]

    def receive_request(self):
        """Read the head of the next request."""
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > MAX_HEAD:
                raise BadRequest(400, "the headers are too large")
            self._buffer += self._receive_more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return parse_head(head.decode("latin-1"), self)

    def send(self, data):
        """Send all of the data."""
        try:
            self.sock.sendall(data)
        except OSError:
            raise Disconnected from None

    def wait_for_client(self, seconds):
        """Wait until the client closes, or for that long (0: no limit)."""
        self.sock.settimeout(seconds or None)
        try:
            while self.sock.recv(RECEIVE_SIZE):
                pass
        except OSError:
            pass

    def relay(self, other):
        """Relay bytes to and from another socket until one is closed."""
        peers = {self.sock: other, other: self.sock}
        with other:
            other.sendall(self._buffer)
            while True:
                for sock in select.select(peers, [], [])[0]:
                    data = sock.recv(RECEIVE_SIZE)
                    if not data:
                        return
                    peers[sock].sendall(data)

    def reset(self):
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             LINGER_NONE)
        self.sock.close()

    def close(self, notify=False):
        """Close the connection; notify sends TLS's notice first."""
        if notify and self.is_tls:
            try:
                self.sock.settimeout(0)
                self.sock.unwrap()
            except (OSError, ValueError):
                pass            # sent, or the client has closed already
        self.sock.close()


def parse_head(text, connection):
    """Parse the head of a request."""
    lines = text.split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(400, "that is no HTTP/1.1 request")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or name != name.strip():
            raise BadRequest(400, "that is no header")
        value = value.strip(" \t")
        headers[name] = (f"{headers[name]},{value}" if name in headers
                         else value)
    if words[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request(words[0], words[1], headers, connection)


def head_of(response, delivery):
    """The head of the answer as bytes."""
    lines = [f"HTTP/1.1 {response.status} "
             + REASONS.get(response.status, "Unknown")]
    lines += [f"{name}: {value}" for name, value in response.headers]
    if delivery.chunked:
        lines.append("Transfer-Encoding: chunked")
    else:
        length = len(response.body) + delivery.missing_bytes
        lines.append(f"Content-Length: {length}")
    if delivery.announce_close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def as_chunks(body):
    """The body in HTTP's chunked form."""
    size = 8192
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece)
                    for piece in pieces + [b""])


def pause(seconds):
    """Sleep, except for no time at all, which would cost some."""
    if seconds > 0:
        time.sleep(seconds)


def deliver(connection, response, delivery):
    """Send an answer as its Delivery says, up to the ending."""
    pause(delivery.delay_s)
    if not delivery.send:
        return
    if delivery.flood:
        deliver_flooded(connection, response, delivery)
        return
    head = head_of(response, delivery)
    body = as_chunks(response.body) if delivery.chunked else response.body
    if not delivery.body_delay_s and not delivery.piece_size:
        connection.send(head + body)
        return
    connection.send(head)
    pause(delivery.body_delay_s)
    size = delivery.piece_size or len(body) or 1
    for start in range(0, len(body), size):
        connection.send(body[start:start + size])
        pause(delivery.piece_delay_s)


def deliver_flooded(connection, response, delivery):
    """Send an answer with a flood in the place of its kind."""
    delivery.chunked = delivery.flood == "trailers"
    head = head_of(response, delivery)
    body = as_chunks(response.body) if delivery.chunked else response.body
    before, after = {
        "interim": (b"", head + body),
        "headers": (head[:-2], b"\r\n" + body),
        "trailers": (head + body[:-2], b"\r\n"),
    }[delivery.flood]
    unit = FLOODS[delivery.flood]
    piece = unit * (RECEIVE_SIZE // len(unit))
    connection.send(before)
    for _ in range(delivery.flood_size // len(piece)):
        connection.send(piece)
    connection.send(after)


class Listener:
    """A listening port and the threads of its connections.

    handler has four methods: admit(connection) may do a handshake or
    refuse by raising Disconnected, handle(request) returns a Response and a
    Delivery, finish(request) is called after the delivery, and
    refuse(status, message) words the answer to a bad request.
    """

    def __init__(self, handler, port=0):
        self.handler = handler
        self._socket = socket.create_server(("127.0.0.1", port),
                                            backlog=1024)
        self.port = self._socket.getsockname()[1]
        self._accepted = 0

    def start(self):
        """Serve from now on, in the background."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            sock, _ = self._socket.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._accepted += 1
            connection = Connection(self._accepted, sock)
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        ending = "keep"
        try:
            self.handler.admit(connection)
            while ending == "keep":
                ending = self._serve_request(connection)
        except (Disconnected, OSError):
            pass
        finally:
            if ending == "reset":
                connection.reset()
            else:
                connection.close(notify=ending == "orderly")

    def _serve_request(self, connection):
        """Serve one request; return the end of the connection."""
        try:
            request = connection.receive_request()
            response, delivery = self.handler.handle(request)
        except BadRequest as error:
            deliver(connection,
                    self.handler.refuse(error.status, str(error)),
                    Delivery(announce_close=True))
            return "orderly"
        if request.headers.get("connection", "").lower() == "close":
            delivery.announce_close = True
            if delivery.ending == "keep":
                delivery.ending = "orderly"
        try:
            deliver(connection, response, delivery)
            if delivery.tunnel:
                connection.relay(delivery.tunnel)
            elif delivery.hold_s and delivery.reading:
                connection.wait_for_client(delivery.hold_s)
            else:
                pause(delivery.hold_s)
        finally:
            self.handler.finish(request)
        return delivery.ending
