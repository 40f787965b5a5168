"""Certificates made for one run, and TLS contexts that use them.

The openssl command makes a certification authority at start, unless the
directory has one from an earlier run; so the project keeps no authority that
anybody could trust by mistake.  The good certificate names localhost and both
loopback addresses; the bad ones each have exactly one fault, so that a client
that refuses one of them refuses it for that fault.  They are made at first
use.
"""

import os
import ssl
import subprocess
import threading
import warnings

GOOD_NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1"
OTHER_NAMES = "DNS:glue.somewhere-else.test"

CA_EXTENSIONS = """\
[extensions]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""

LEAF_EXTENSIONS = """\
[extensions]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""

# "openssl ca" is the one command that takes explicit dates in all releases
# since 1.1; it requires a small database of its signatures.
SIGNING_CONFIG = """\
[ca]
default_ca = here
[here]
new_certs_dir = {directory}
database = {directory}/{authority}.index
serial = {directory}/{authority}.serial
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
"""

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}

PAST = ("20200101000000Z", "20200102000000Z")
PRESENT = ("20200101000000Z", "20491231235959Z")


def openssl(*arguments):
    """Run one openssl command; its messages become the error's text."""
    done = subprocess.run(["openssl", *arguments], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")


class Certificates:
    """The certificates of one run, in one directory."""

    def __init__(self, directory):
        self.directory = directory
        self._contexts = {}
        self._lock = threading.Lock()
        self._make_authority("ca")
        self.ca_file = self._path("ca.crt")

    def context(self, kind, tls_max):
        """The TLS context with a certificate of the given kind."""
        key = (kind, tls_max)
        with self._lock:
            if key not in self._contexts:
                self._contexts[key] = self._make_context(kind, tls_max)
            return self._contexts[key]

    def _make_context(self, kind, tls_max):
        certificate = self._path(kind + ".crt")
        if not os.path.exists(certificate):
            self._make_leaf(kind)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with warnings.catch_warnings():
            # The old versions are deprecated; so a test offers them to a
            # client that must refuse them.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = min(VERSIONS[tls_max],
                                          ssl.TLSVersion.TLSv1_2)
            context.maximum_version = VERSIONS[tls_max]
        if tls_max in ("1.0", "1.1"):
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(certificate, self._path(kind + ".key"))
        return context

    def _make_leaf(self, kind):
        names = OTHER_NAMES if kind == "wrong-host" else GOOD_NAMES
        extensions = LEAF_EXTENSIONS.format(names=names)
        if kind == "self-signed":
            self._make_self_signed(kind, "localhost",
                                   extensions.replace("keyid", "none"))
            return
        authority = "ca"
        if kind == "unknown-ca":
            authority = "other-ca"
            self._make_authority(authority)
        dates = PAST if kind == "expired" else PRESENT
        self._make_signed(kind, authority, extensions, dates)

    def _make_authority(self, name):
        if os.path.exists(self._path(name + ".crt")):
            return          # made by an earlier run in the same directory
        self._make_self_signed(name, f"local_glue {name}", CA_EXTENSIONS)
        self._write(name + ".index", "")
        self._write(name + ".cnf", SIGNING_CONFIG.format(
            directory=self.directory, authority=name))

    def _make_self_signed(self, name, common_name, extensions):
        config = self._write(
            name + ".ext",
            "[req]\ndistinguished_name = dn\n[dn]\n" + extensions)
        self._make_key(name)
        openssl("req", "-x509", "-new", "-sha256", "-days", "3650",
                "-key", self._path(name + ".key"),
                "-subj", f"/CN={common_name}",
                "-config", config, "-extensions", "extensions",
                "-out", self._path(name + ".crt"))

    def _make_signed(self, name, authority, extensions, dates):
        self._make_key(name)
        config = self._write(name + ".ext", extensions)
        openssl("req", "-new", "-key", self._path(name + ".key"),
                "-subj", "/CN=localhost", "-out", self._path(name + ".csr"))
        openssl("ca", "-batch", "-notext",
                "-config", self._path(authority + ".cnf"),
                "-cert", self._path(authority + ".crt"),
                "-keyfile", self._path(authority + ".key"),
                "-startdate", dates[0], "-enddate", dates[1],
                "-extfile", config, "-extensions", "extensions",
                "-in", self._path(name + ".csr"),
                "-out", self._path(name + ".crt"))

    def _make_key(self, name):
        openssl("genpkey", "-algorithm", "EC",
                "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-out", self._path(name + ".key"))

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _write(self, name, content):
        path = self._path(name)
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        return path
