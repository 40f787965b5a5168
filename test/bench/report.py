#!/usr/bin/env python3
"""Print what test/bench/run measured as tables, with ratios and goals.

Reads lines "name TAB value" from the standard input.  A value is in
microseconds a call unless its name says something else; a name comes once in
every round, rounds in their order.
"""

import collections
import statistics
import sys

# What is measured, the name of its samples, what it is compared with, and the
# goals: the most microseconds and the greatest ratio ("x") that it may take.
# A machine that is slow today misses the former, but not the latter.
ROWS = [
    ("Sign, key kept", "sign kept", "sign botocore", "4 0.1x"),
    ("Sign, new key", "sign new", "sign botocore", "4 0.1x"),
    ("  botocore's signer", "sign botocore", None, ""),
    ("Validate jsonb in a backend", "validate backend", "validate botocore",
     "15 0.55x"),
    ("  pure part, on a tree", "validate pure", "validate botocore", ""),
    ("  botocore's validator, on a dict", "validate botocore", None, ""),
    ("Redact jsonb in a backend", "redact backend", None, ""),
    ("  pure part, on a tree", "redact pure", None, ""),
    ("Whole create, in one backend", "create wall", "floor wall", "2.2x"),
    ("  floor: bare POST, unsigned", "floor wall", None, ""),
    ("  quickest batches of both", "create quickest", "floor quickest", ""),
    ("  CPU of the backend", "create cpu", "floor cpu", ""),
    ("  CPU of the backend, floor", "floor cpu", None, ""),
    ("Create, a transaction each", "create pgbench", "floor pgbench", ""),
    ("  floor", "floor pgbench", None, ""),
    ("  boto3, one client kept", "create boto3", "floor wall", ""),
    ("640 creates, 64 side by side", "bulk wall", "bulk ideal", "1.11x"),
    ("  ideal: only the server takes time", "bulk ideal", None, ""),
    ("  CPU of the backend", "bulk cpu", None, ""),
    ("Drain, 64 in flight, 10,000 deep", "queue drain 10000", "bulk ideal",
     "1.28x"),
    ("  1,000,000 deep", "queue drain 1000000", "queue drain 10000",
     "1.2x"),
    ("  boto3, 64 threads", "bulk boto3", "bulk ideal", ""),
    ("  AWS SDK for JavaScript, 64 calls", "bulk sdk", "bulk ideal", ""),
    ("Runs of 64 requests, 100 deep", "queue short 100", None, ""),
    ("  10,000 deep", "queue short 10000", "queue short 100", "1.2x"),
    ("  1,000,000 deep", "queue short 1000000", "queue short 100", "1.2x"),
    ("  CPU of the backend, 100 deep", "queue cpu 100", None, ""),
    ("  10,000 deep", "queue cpu 10000", "queue cpu 100", "1.2x"),
    ("  1,000,000 deep", "queue cpu 1000000", "queue cpu 100", "1.2x"),
    ("Row with a trigger, many at once", "trigger row", "plain row", ""),
    ("  pg_net's net.http_post", "pg_net row", "plain row", ""),
    ("  without", "plain row", None, ""),
    ("Written down before it is made", "intent added", "intent insert",
     "1.3x"),
    ("  insert of one row, committed", "intent insert", None, ""),
    ("  create, written down", "intent create", None, ""),
    ("  create, not written down", "intent unserved", None, ""),
    ("Settled after a rollback", "settled", None, ""),
    ("First call of a backend, one CA", "first create ca", "first floor ca",
     ""),
    ("  floor", "first floor ca", None, ""),
    ("First call, Debian's CAs", "first create bundle", "first floor bundle",
     ""),
    ("  floor", "first floor bundle", None, ""),
    ("New connection later, Debian's CAs", "again create bundle",
     "again create ca", "1.5x"),
    ("  one CA", "again create ca", None, ""),
]

# What a backend holds, by the names of the samples, and how much it may grow
# from the first count to the last: an allocator needs some slack, and a worker
# has now more and now fewer requests under way.
BACKEND_MEMORY = [
    ("Memory contexts, kB", "contexts_kb", 64),
    ("RssAnon, kB", "RssAnon_kb", 1024),
    ("VmData, kB", "VmData_kb", 1024),
    ("VmRSS, kB, with shared buffers", "VmRSS_kb", None),
    ("Open sockets and the like", "descriptors", 0),
]
WORKER_MEMORY = [
    ("Memory contexts, kB", "contexts_kb", 4096),
    ("RssAnon, kB", "RssAnon_kb", 2048),
    ("VmData, kB", "VmData_kb", 2048),
    ("VmRSS, kB, with shared buffers", "VmRSS_kb", None),
]

# What goes through a catalog, by the names of the samples.
CATALOG = [
    ("boto3's paginator, reading alone", "boto3"),
    ("glue_sync_connections(), all new", "glue_sync_connections"),
    ("  again, nothing new", "glue_sync_connections again"),
    ("glue_connection_drift(), none", "glue_connection_drift"),
]


def read_samples(lines):
    """Return the samples by name."""
    samples = collections.defaultdict(list)
    for line in lines:
        name, value = line.rstrip("\n").split("\t")
        samples[name].append(float(value))
    for name, function in (
            ("validate backend", "glue_is_valid_connection_input"),
            ("redact backend", "glue_redact")):
        samples[name] = [value - nothing for value, nothing in
                         zip(samples[function], samples["floor_nothing"])]
    samples["intent added"] = [
        create - unserved for create, unserved in
        zip(samples["intent create"], samples["intent unserved"])]
    for what in "create", "floor":
        samples[what + " quickest"] = [min(samples[what + " wall"])]
    return samples


def ratios_of(values, others):
    """Return ratios: round by round, unless the rounds are not the same."""
    if len(values) != len(others):
        others = [statistics.median(others)] * len(values)
    return [value / other for value, other in zip(values, others)]


def spread(values, digits):
    """Return the text of a median with its minimum and maximum."""
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:,.{digits}f}"
    numbers = statistics.median(values), min(values), max(values)
    return "{} ({} to {})".format(*(f"{n:,.{digits}f}" for n in numbers))


def verdict(goals, values, ratios):
    """Say whether the medians reach the goals."""
    said = []
    for goal in goals.split():
        limit = goal.rstrip("x")
        measured, unit = (values, "µs") if limit == goal else (ratios, "times")
        met = statistics.median(measured) <= float(limit)
        said.append(f"{limit} {unit}: {'met' if met else 'MISSED'}")
    return ", ".join(said)


def print_costs(samples):
    """Print the table of what takes how long."""
    form = "{:<34} {:>30} {:>21}  {}"
    print(form.format("", "µs a call (min to max)", "ratio (min to max)",
                      "goals, at most"))
    for what, name, other, goals in ROWS:
        values = samples[name]
        if not values:
            continue
        ratios = ratios_of(values, samples[other]) if other else []
        print(form.format(what, spread(values, 1), spread(ratios, 2),
                          verdict(goals, values, ratios)).rstrip())


def print_memory(samples, prefix, heading, rows):
    """Print the table of what a process holds."""
    found = collections.defaultdict(dict)
    for name, values in samples.items():
        if name.startswith(prefix + " "):
            _, count, kind = name.split()
            found[kind][int(count)] = values[0]
    counts = sorted(found["contexts_kb"])
    if not counts:
        return
    form = "{:<34}" + "{:>10}" * len(counts) + "  {}"
    print()
    print(form.format(heading, *(f"{count:,}" for count in counts), "goal"))
    for title, kind, may_grow in rows:
        values = [found[kind][count] for count in counts]
        said = ""
        if may_grow is not None:
            grown = values[-1] - values[0] > may_grow
            said = "no growth: " + ("MISSED" if grown else "met")
        print(form.format(title, *(f"{value:,.0f}" for value in values),
                          said).rstrip())


def print_catalog(samples):
    """Print the table of what going through a catalog takes."""
    counts = sorted({int(name.split()[1]) for name in samples
                     if name.startswith("catalog ")})
    form = "{:<34}" + "{:>28}" * len(counts)
    print(form.format("A catalog of so many connections",
                      *(f"{count:,}" for count in counts)))
    for title, what in CATALOG:
        print(form.format(title + ", s", *(
            spread(samples[f"catalog {count} {what} seconds"], 3)
            for count in counts)))
    for title, name, share in (
            ("Requests of boto3", "boto3 requests", 1),
            ("Requests of each of the three", "backend requests", 3),
            ("TCP connections of the backend", "backend connections", 1),
            ("Peak of the backend, kB", "peak_kb", 1)):
        print(form.format(title, *(
            spread([value / share for value in
                    samples[f"catalog {count} {name}"]], 0)
            for count in counts)))


def main():
    samples = read_samples(sys.stdin)
    print_costs(samples)
    print()
    print_catalog(samples)
    print_memory(samples, "memory", "In one backend, after so many calls",
                 BACKEND_MEMORY)
    print_memory(samples, "worker", "In a worker, after so many requests",
                 WORKER_MEMORY)


if __name__ == "__main__":
    main()
