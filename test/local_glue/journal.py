"""The requests of the clients, and the counts of events.

An entry is written when a request has been read and completed before its
answer leaves, so that a client that has its answer finds the entry here.
Old entries are dropped; the counters are kept.
"""

import collections
import threading
import time

MAX_ENTRIES = 20000
MAX_BYTES = 64 * 1024 * 1024


class Journal:
    """The requests, newest last, and the counters."""

    def __init__(self):
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        """Forget the requests and start counting anew."""
        with self._lock:
            self._entries = collections.deque()
            self._bytes = 0
            self._sequence = 0
            self._in_flight = 0
            self._counts = collections.Counter()
            self._by_operation = collections.Counter()

    def count(self, name, number=1):
        """Count an event."""
        with self._lock:
            self._counts[name] += number

    def open(self, request, port, operation):
        """Enter a request; the caller completes the entry."""
        entry = {
            "time": time.time(),
            "port": port,
            "operation": operation,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": request.body.decode("utf-8", "replace"),
            "connection": request.connection.number,
            "tls": request.connection.tls_version,
            "signature_ok": None,
            "access_key": None,
            "region": None,
            "processed": False,
            "misbehaviour": None,
            "status": None,
            "error": None,
        }
        with self._lock:
            self._sequence += 1
            entry["sequence"] = self._sequence
            self._entries.append(entry)
            self._bytes += len(entry["body"])
            self._trim()
            self._by_operation[operation] += 1
            self._counts["requests"] += 1
            self._in_flight += 1
            self._counts["in_flight_peak"] = max(
                self._counts["in_flight_peak"], self._in_flight)
        return entry

    def close(self):
        """A request that was entered has been answered."""
        with self._lock:
            self._in_flight -= 1

    def _trim(self):
        while (len(self._entries) > MAX_ENTRIES
               or self._bytes > MAX_BYTES and len(self._entries) > 1):
            self._bytes -= len(self._entries.popleft()["body"])

    def requests(self, operation=None, since=0):
        """The entries of one operation (None: all) after a sequence."""
        with self._lock:
            return [dict(entry) for entry in self._entries
                    if entry["sequence"] > since
                    and operation in (None, entry["operation"])]

    def counters(self):
        """All counts, as the control API shows them."""
        with self._lock:
            counts = {name: 0 for name in (
                "tcp_connections", "tls_handshakes", "tls_resumed",
                "tls_failures", "requests", "in_flight_peak")}
            counts.update(self._counts)
            counts["by_operation"] = dict(self._by_operation)
            return counts
