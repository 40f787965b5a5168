#!/usr/bin/env python3
"""Measure calls of a service that allows only so many a second.

Usage: limits.py [--list] CASE ...

For each case there is a local Glue that answers after 20 ms, and accepts as many
requests of an operation as its bucket has tokens, which is full at first; a
refused request takes no token.  So the ideal time of the calls is (calls -
burst) / rate seconds.  No client knows of the limit before.  Almost all of the
time is waiting, so the cases run side by side, each in a database of its own
that has the extension, "limit_CASE"; --list prints their names.  psql and pgbench
find the server by the environment.

Prints lines "limit CASE FIGURE TAB value", and for some cases more.
"""

import concurrent.futures
import glob
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import boto3_limited
import catalog

LATENCY_MS = 20
WIDTH = 64

INPUT = """jsonb_build_object('Name', {}, 'ConnectionType', 'JDBC',
    'ConnectionProperties', jsonb_build_object(
        'JDBC_CONNECTION_URL', 'jdbc:mysql://h/d', 'SECRET_ID', 's'))"""


class Case:
    """A database, and a service with a limit."""

    def __init__(self, name, ready):
        self.name = name
        self.ready = ready
        self.url = f"https://localhost:{ready['port']}"
        self.environment = {**os.environ, "PGDATABASE": "limit_" + name}

    def figure(self, name, value):
        """Print a figure."""
        print(f"limit {self.name} {name}\t{value:.4f}", flush=True)

    def sql(self, *statements):
        """Run each of them; returns the output of the last one."""
        options = [word for statement in statements
                   for word in ("-c", statement)]
        return subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
            + options, env=self.environment, check=True,
            stdout=subprocess.PIPE, text=True).stdout.strip()

    def prepare(self):
        """Lead the database to the service, and register it with the workers."""
        settings = {
            "region": catalog.REGION, "endpoint_url": self.url,
            "ca_file": self.ready["ca_file"], "account_id": "123456789012",
            "max_concurrent_requests": WIDTH}
        self.sql(*(f"ALTER DATABASE limit_{self.name} SET glue_conn.{name}"
                   f" = '{value}'" for name, value in settings.items()))
        self.sql("SELECT glue_enqueue_delete_connection('none',"
                 " missing_ok => true)")
        self.wait_for_queue()

    def limit(self, rate, burst):
        """Accept so many a second from now on."""
        catalog.control(self.ready, "POST", "/settings", {
            "latency_ms": LATENCY_MS, "requests_per_second": rate,
            "burst": burst})

    def enqueue(self, calls):
        """Enqueue so many creates."""
        self.sql("SELECT count(glue_enqueue_create_connection("
                 f"{INPUT.format(chr(39) + 'call ' + chr(39) + ' || i')}))"
                 f" FROM generate_series(1, {calls}) i")

    def wait_for_queue(self):
        """Wait until the queue is empty."""
        while self.sql("SELECT count(*) FROM glue_request"
                       " WHERE finished_at IS NULL") != "0":
            time.sleep(0.2)

    def requests(self):
        """The requests that the service got, as (time, name, accepted)."""
        return [(entry["time"], json.loads(entry["body"])["ConnectionInput"]
                 ["Name"], entry["status"] == 200)
                for entry in catalog.control(
                    self.ready, "GET", "/requests?operation=CreateConnection")]

    def report(self, calls, ideal, seconds):
        """Print the figures of so many calls."""
        requests = [request for request in self.requests()
                    if not request[1].startswith("other")]
        made = sum(let_in for _, _, let_in in requests)
        self.figure("calls", calls)
        self.figure("ideal", ideal)
        self.figure("seconds", seconds)
        self.figure("made", made)
        self.figure("refused", 100 * (1 - made / len(requests)))


def queue(case, rate, burst, calls, ideal=None):
    """As many requests in the queue."""
    case.limit(rate, burst)
    case.enqueue(calls)
    case.wait_for_queue()
    seconds = float(case.sql(
        "SELECT extract(epoch FROM max(finished_at) - min(requested_at))"
        " FROM glue_request WHERE connection_name LIKE 'call %'"))
    case.report(calls, ideal or (calls - burst) / rate, seconds)


def bulk(case, rate, burst, calls):
    """One call with as many inputs."""
    case.limit(rate, burst)
    started = time.monotonic()
    case.sql("SELECT count(*) FROM glue_create_connections(("
             f"SELECT array_agg({INPUT.format(chr(39) + 'call ' + chr(39) + ' || i')})"
             f" FROM generate_series(1, {calls}) i))")
    case.report(calls, (calls - burst) / rate, time.monotonic() - started)


def sessions(case, rate, burst, calls, count):
    """So many sessions, each of which makes its share one by one."""
    case.limit(rate, burst)
    with tempfile.TemporaryDirectory() as directory:
        with open(directory + "/script", "w", encoding="ascii") as script:
            name = "'call ' || :client_id || ' ' || :number"
            script.write("\\set number random(1, 1000000000)\n"
                         "SELECT glue_create_connection("
                         + INPUT.format(name).replace("\n", " ") + ");\n")
        subprocess.run(
            ["pgbench", "-n", "-c", str(count), "-j", "2",
             "-t", str(calls // count), "-f", directory + "/script",
             "-l", f"--log-prefix={directory}/log"],
            env=case.environment, check=True, stdout=subprocess.DEVNULL)
        ends = session_ends(glob.glob(directory + "/log*"))
    case.report(calls, (calls - burst) / rate, max(ends))
    case.figure("fairness", max(ends) / min(ends))


def session_ends(logs):
    """The time of each session of pgbench, since the begin of the first one."""
    begun, ends = [], {}
    for log in logs:
        with open(log, encoding="ascii") as lines:
            for line in lines:
                session, _, took, _, second, microsecond = \
                    map(int, line.split()[:6])
                ended = second + microsecond / 1e6
                begun.append(ended - took / 1e6)
                ends[session] = max(ended, ends.get(session, 0))
    return [end - min(begun) for end in ends.values()]


def beside(case, rate, burst, calls, waiting):
    """A session that makes its calls one by one, beside a queue."""
    case.limit(rate, burst)
    case.enqueue(waiting)
    time.sleep(5)
    started = time.monotonic()
    case.sql(*("SELECT glue_create_connection("
               + INPUT.format(f"'at once {i}'") + ")" for i in range(calls)))
    at_once = time.monotonic() - started
    case.wait_for_queue()
    seconds = float(case.sql(
        "SELECT extract(epoch FROM max(finished_at) - min(requested_at))"
        " FROM glue_request WHERE connection_name LIKE 'call %'"))
    case.report(calls + waiting, (calls + waiting - burst) / rate, seconds)
    case.figure("session", at_once)
    case.figure("share", at_once / seconds)


def beside_others(case, rate, burst, calls, taken):
    """A queue, while others take so many a second."""
    client = boto3_limited.make_client(
        case.url, case.ready["ca_file"], {"total_max_attempts": 1}, 1)
    ended = threading.Event()

    def others():
        number, started = 0, time.monotonic()
        while not ended.wait(
                max(0, started + number / taken - time.monotonic())):
            boto3_limited.create(client, f"other {number}")
            number += 1

    case.limit(rate, burst)
    thread = threading.Thread(target=others)
    thread.start()
    try:
        queue(case, rate, burst, calls, (calls - burst) / (rate - taken))
    finally:
        ended.set()
        thread.join()
    let_in = [request[2] for request in case.requests()
              if request[1].startswith("other")]
    case.figure("others", 100 * (1 - sum(let_in) / len(let_in)))


def change(case, fast, slow, calls):
    """A queue, while the limit falls and rises again."""
    times = []
    case.limit(fast, fast)
    case.enqueue(calls)
    for rate, seconds in ((fast, 15), (slow, 15), (fast, 15)):
        case.limit(rate, rate)
        times.append(time.time())
        time.sleep(seconds)
    requests = case.requests()
    case.limit(0, 1)    # the rest is not awaited
    case.wait_for_queue()

    def within(since, span, only_let_in):
        return sum(since <= when < since + span
                   for when, _, let_in in requests
                   if let_in or not only_let_in)

    # when no more than 1.3 of the limit is sent in the next two seconds, and
    # when 0.9 of it was accepted within the last one
    down = next(t / 100 for t in range(1500)
                if within(times[1] + t / 100, 2, False) <= 2.6 * slow)
    up = next((t / 100 for t in range(100, 1500)
               if within(times[2] + t / 100 - 1, 1, True) >= 0.9 * fast), 15)
    case.figure("down", down)
    case.figure("up", up)


def peer(case, rate, burst, calls, mode):
    """boto3, in as many threads as the queue has requests under way."""
    case.limit(rate, burst)
    seconds = subprocess.run(
        [sys.executable, boto3_limited.__file__, mode, str(calls), str(WIDTH),
         case.url, case.ready["ca_file"]],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    case.report(calls, (calls - burst) / rate, float(seconds))


CASES = {
    "queue": (queue, 10, 10, 200),
    "bulk": (bulk, 10, 10, 200),
    "sessions_8": (sessions, 10, 10, 200, 8),
    "sessions_50": (sessions, 10, 10, 200, 50),
    "adaptive": (peer, 10, 10, 200, "adaptive"),
    "standard": (peer, 10, 10, 200, "standard"),
    "beside": (beside, 10, 10, 20, 600),
    "five": (queue, 5, 5, 200),
    "five_adaptive": (peer, 5, 5, 200, "adaptive"),
    "two": (queue, 2, 2, 200),
    "two_adaptive": (peer, 2, 2, 200, "adaptive"),
    "others": (beside_others, 10, 10, 200, 5),
    "no_burst": (queue, 10, 1, 200),
    "no_burst_adaptive": (peer, 10, 1, 200, "adaptive"),
    "change": (change, 20, 5, 1500),
}


def run(name):
    """Measure a case."""
    function, *arguments = CASES[name]
    with catalog.local_glue() as ready:
        case = Case(name, ready)
        if function is not peer:
            case.prepare()
        function(case, *arguments)


def main():
    if sys.argv[1:] == ["--list"]:
        print(*(name for name in CASES if CASES[name][0] is not peer))
        return
    with concurrent.futures.ThreadPoolExecutor(len(CASES)) as threads:
        runs = []
        for name in sys.argv[1:] or CASES:
            runs.append(threads.submit(run, name))
            time.sleep(1)   # not all begin at once
        for one in runs:
            one.result()


if __name__ == "__main__":
    main()
