"""The limit of requests a second, of an account to an operation.

As at AWS: each account and operation has a bucket of tokens, which is full at
first and filled at a steady rate.  A request that finds a token takes it.  A
request that finds none is refused, and takes nothing.
"""

import threading
import time


class Buckets:
    """The buckets of all accounts and operations."""

    def __init__(self, settings):
        self._settings = settings
        self._tokens = {}           # and when they were counted, by key
        self._lock = threading.Lock()

    def reset(self):
        """Fill all buckets."""
        with self._lock:
            self._tokens.clear()

    def take(self, account, operation):
        """Take a token; False if there is none."""
        rate = self._settings.requests_per_second
        burst = self._settings.burst
        if not rate:
            return True
        with self._lock:
            now = time.monotonic()
            tokens, then = self._tokens.get((account, operation),
                                            (burst, now))
            tokens = min(tokens + (now - then) * rate, burst)
            let_in = tokens >= 1
            self._tokens[account, operation] = (tokens - let_in, now)
            return let_in
