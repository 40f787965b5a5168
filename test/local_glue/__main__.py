"""Start local_glue: read the options, serve, report the ports, and exit.

The server writes one line of JSON with its ports to standard output, and
closes it: then it is ready.  It exits on SIGTERM or SIGINT, and with
--exit-with-parent when its standard input ends, that is, when the process
at the other end of the pipe dies.
"""

import argparse
import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading

if not __package__:         # started by its directory's name
    sys.path[0] = os.path.dirname(sys.path[0])

from local_glue.server import Server                        # noqa: E402
from local_glue.settings import CHOICES, Settings           # noqa: E402
from local_glue.tls import Certificates                     # noqa: E402


def json_argument(text):
    """Parse the value of an option as a JSON object."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError
    return value


def key_argument(text):
    """Parse the value of an option as ACCESS_KEY:SECRET_KEY."""
    access_key, colon, secret_key = text.partition(":")
    if not (access_key and colon and secret_key):
        raise ValueError
    return access_key, secret_key


def parse_options(arguments):
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="local_glue", description=(
        "A local stand-in for AWS Glue connections."))
    parser.add_argument("--port", type=int, default=0, help=(
        "the service port (any that is free)"))
    parser.add_argument("--directory", help=(
        "where the certificates go (a temporary directory)"))
    parser.add_argument("--exit-with-parent", action="store_true", help=(
        "exit when standard input ends"))
    parser.add_argument("--plain-http", action="store_true", help=(
        "serve Glue without TLS"))
    parser.add_argument("--certificate", choices=CHOICES["certificate"],
                        default="good")
    parser.add_argument("--tls-max", choices=CHOICES["tls_max"],
                        default="1.3")
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--region", default="", help=(
        "accept no other region (any)"))
    parser.add_argument("--credentials", action="append", default=[],
                        type=key_argument, metavar="KEY:SECRET", help=(
                            "accept one more long-term key"))
    parser.add_argument("--misbehave", action="append", default=[],
                        type=json_argument, metavar="RULE", help=(
                            "a rule of misbehaviour, as JSON"))
    parser.add_argument("--settings", type=json_argument, default={},
                        help="further settings, as JSON")
    return parser.parse_args(arguments)


def make_settings(options):
    """The settings of the options."""
    settings = Settings(account=options.account, region=options.region,
                        certificate=options.certificate,
                        tls_max=options.tls_max)
    settings.change(options.settings)
    return settings


def make_directory(options):
    """Make the directory for the certificates."""
    if options.directory:
        os.makedirs(options.directory, exist_ok=True)
        return options.directory
    directory = tempfile.mkdtemp(prefix="local_glue.")
    os.chmod(directory, 0o755)      # clients of other users read it, too
    return directory


def announce(ports, certificates):
    """Report that the server is ready, and close standard output."""
    print(json.dumps({**ports,
                      "ca_file": certificates and certificates.ca_file,
                      "pid": os.getpid()}), flush=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def end_queue(with_parent):
    """A queue that gets an entry when the server has to exit.

    Not an event: if a signal arrives while an event wakes the main thread up,
    that thread waits for its own lock.
    """
    end = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.put(None))

    def watch_parent():
        while os.read(sys.stdin.fileno(), 4096):
            pass
        end.put(None)

    if with_parent:
        threading.Thread(target=watch_parent, daemon=True).start()
    return end


def main():
    """Run the server."""
    options = parse_options(sys.argv[1:])
    end = end_queue(options.exit_with_parent)
    directory = make_directory(options)
    try:
        certificates = None if options.plain_http else Certificates(directory)
        server = Server(make_settings(options), certificates,
                        port=options.port, credentials=options.credentials,
                        rules=options.misbehave)
        server.tls_context()        # made now, so that a ready server is ready
        announce(server.start(), certificates)
        end.get()
    finally:
        if not options.directory:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
