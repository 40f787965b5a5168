"""The parts of one running server, and its three ports."""

import copy
import threading

from local_glue.bucket import Buckets
from local_glue.catalog import Catalogs
from local_glue.control import Control
from local_glue.credentials import CredentialStore
from local_glue.glue import Glue
from local_glue.http_server import Listener
from local_glue.journal import Journal
from local_glue.metadata import Metadata
from local_glue.misbehaviour import RuleQueue
from local_glue.proxy import Proxy
from local_glue.service import Service
from local_glue.sts import Sts


class Server:
    """All parts of one run of local_glue.

    certificates is None for a service port without TLS.  credentials and
    rules are those of the command line; a reset restores them.
    """

    def __init__(self, settings, certificates, *, port=0, credentials=(),
                 rules=()):
        self.lock = threading.Lock()
        self.settings = settings
        self._certificates = certificates
        self._given = (copy.deepcopy(settings.as_json()), tuple(credentials),
                       tuple(rules))
        self.catalogs = Catalogs()
        self.journal = Journal()
        self.rules = RuleQueue()
        self.buckets = Buckets(settings)
        self.credentials = CredentialStore(settings.account)
        self.glue = Glue(self.catalogs, settings)
        self.sts = Sts(self.credentials, settings)
        self.metadata = Metadata(self)
        self._listeners = {
            "port": Listener(Service(self), port),
            "metadata_port": Listener(self.metadata),
            "proxy_port": Listener(Proxy(self)),
            "control_port": Listener(Control(self)),
        }
        self.reset()

    def reset(self):
        """Restore the state of the start."""
        settings, credentials, rules = self._given
        with self.lock:
            self.settings.change(copy.deepcopy(settings))
            self.catalogs.reset()
            self.credentials.reset(self.settings.account)
            for access_key, secret_key in credentials:
                self.credentials.add(access_key, secret_key,
                                     self.settings.account)
        self.metadata.forget_tokens()
        self.rules.clear()
        self.buckets.reset()
        for rule in rules:
            self.rules.add(rule)
        self.journal.reset()

    def start(self):
        """Serve from now on; returns the ports by name."""
        for listener in self._listeners.values():
            listener.start()
        return {name: listener.port
                for name, listener in self._listeners.items()}

    def tls_context(self):
        """The TLS context for the next connection; None for plain HTTP."""
        if self._certificates is None:
            return None
        return self._certificates.context(self.settings.certificate,
                                          self.settings.tls_max)
