"""The settings of the server, which can change while it runs.

The defaults behave as AWS does.  A test changes a setting by the control API,
and a reset restores the values of the command line.
"""

import dataclasses
import time

CERTIFICATE_KINDS = ("good", "expired", "self-signed", "wrong-host",
                     "unknown-ca")
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
HIDE_PASSWORD_SCOPES = ("all", "plain", "none")

CHOICES = {
    "certificate": CERTIFICATE_KINDS,
    "tls_max": TLS_VERSIONS,
    "hide_password": HIDE_PASSWORD_SCOPES,
}


@dataclasses.dataclass
class Settings:
    """The settings with their defaults; README.md lists their meanings."""

    account: str = "123456789012"
    region: str = ""                    # "" accepts every region
    path: str = "/"
    certificate: str = "good"
    tls_max: str = "1.3"
    latency_ms: int = 0
    requests_per_second: int = 0        # of an account to an operation
    burst: int = 1
    clock_offset_s: int = 0
    encrypt_passwords: bool = False
    hide_password: str = "all"
    adds_members: bool = False
    validate_properties: bool = True
    max_connections: int = 0            # 0: no limit
    page_size: int = 100
    page_limit: int = 1000
    metadata_role: str = "local-glue-role"
    metadata_expires_in: int = 21600
    metadata_v1: bool = False
    container_token: str = ""           # "" asks for no Authorization
    proxy_credentials: str = ""         # "user:password"; "" asks for none
    roles: dict = dataclasses.field(default_factory=dict)

    def change(self, changes):
        """Set several settings, or none if one of them is invalid."""
        for name, value in changes.items():
            self._check(name, value)
        for name, value in changes.items():
            setattr(self, name, value)

    def _check(self, name, value):
        if name not in vars(self):
            raise ValueError(f"there is no setting {name!r}")
        expected = type(getattr(self, name))
        if type(value) is not expected:
            raise ValueError(f"{name} must be of type {expected.__name__}")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {CHOICES[name]}")

    def now(self):
        """The server's clock, in seconds since 1970."""
        return time.time() + self.clock_offset_s

    def as_json(self):
        """All settings, as the control API shows them."""
        return dataclasses.asdict(self)
