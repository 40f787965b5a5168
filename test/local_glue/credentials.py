"""The keys that may sign: long-term ones, and temporary ones with a token.

At the start there is one long-term key, the example in AWS's documentation.
"""

import dataclasses
import secrets
import threading

EXAMPLE_KEY = "AKIDEXAMPLE"
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@dataclasses.dataclass(frozen=True)
class Credential:
    """One access key, with its account and its principal."""

    access_key: str
    secret_key: str
    account: str
    arn: str
    user_id: str
    token: str = ""             # "" for a long-term key
    expires: float = 0.0        # seconds since 1970; 0 for never


class CredentialStore:
    """All credentials that the server accepts."""

    def __init__(self, account):
        self._by_key = {}
        self._lock = threading.Lock()
        self.reset(account)

    def reset(self, account):
        """Forget everything but the example key."""
        with self._lock:
            self._by_key.clear()
        self.add(EXAMPLE_KEY, EXAMPLE_SECRET, account)

    def add(self, access_key, secret_key, account, *, arn=None, token="",
            expires=0.0):
        """Accept one more credential, or a new form of a known one."""
        credential = Credential(
            access_key, secret_key, account,
            arn or f"arn:aws:iam::{account}:user/local-glue",
            access_key if token else "AIDALOCALGLUEEXAMPLE", token, expires)
        with self._lock:
            self._by_key[access_key] = credential
        return credential

    def mint(self, account, arn, expires, token_length=0):
        """A new temporary credential for the principal of an ARN."""
        token = "FwoG" + secrets.token_urlsafe(180)
        return self.add("ASIA" + secrets.token_hex(8).upper(),
                        secrets.token_urlsafe(30), account, arn=arn,
                        token=token.ljust(token_length, "A"),
                        expires=expires)

    def find(self, access_key):
        """The credential of an access key, or None."""
        return self._by_key.get(access_key)

    def as_json(self):
        """All credentials, with their secrets."""
        with self._lock:
            return [dataclasses.asdict(credential)
                    for credential in self._by_key.values()]
