#!/usr/bin/env python3
"""Print the samples of test/bench/run as tables, with ratios and goals.

Reads lines "name TAB value" from the standard input.  A value is in
microseconds a call unless its name has another unit; a name comes once in
every round, rounds in their order.
"""

import collections
import statistics
import sys

# The measurements, the names of their samples and of those to compare with,
# and the goals: the largest number of microseconds and the largest ratio
# ("x").  A machine that is slow today misses the former, but not the latter.
ROWS = [
    ("Sign, key kept", "sign kept", "sign botocore", "4 0.1x"),
    ("Sign, new key", "sign new", "sign botocore", "4 0.1x"),
    ("  botocore's signer", "sign botocore", None, ""),
    ("Validate jsonb in a backend", "validate backend", "validate botocore",
     "15 0.55x"),
    ("  pure part, on a tree", "validate pure", "validate botocore", ""),
    ("  botocore's validator, on a dict", "validate botocore", None, ""),
    ("  pg_jsonschema, schema kept", "pg_jsonschema kept", "validate botocore",
     ""),
    ("  pg_jsonschema, schema parsed anew", "pg_jsonschema anew",
     "validate botocore", ""),
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
    ("Drain, answers at once, 64 in flight", "at_once queue wall",
     "at_once bulk wall", ""),
    ("  the same calls without the queue", "at_once bulk wall", None, ""),
    ("  CPU of the backend, drain", "at_once queue cpu", "at_once bulk cpu",
     ""),
    ("  CPU of the backend, without", "at_once bulk cpu", None, ""),
    ("  boto3, 64 threads", "at_once boto3", "at_once bulk wall", ""),
    ("  AWS SDK for JavaScript, 64 calls", "at_once sdk", "at_once bulk wall",
     ""),
    ("Runs of 64 requests, 100 deep", "queue short 100", None, ""),
    ("  10,000 deep", "queue short 10000", "queue short 100", "1.2x"),
    ("  1,000,000 deep", "queue short 1000000", "queue short 100", "1.2x"),
    ("  CPU of the backend, 100 deep", "queue cpu 100", None, ""),
    ("  10,000 deep", "queue cpu 10000", "queue cpu 100", "1.2x"),
    ("  1,000,000 deep", "queue cpu 1000000", "queue cpu 100", "1.2x"),
    ("Row with a trigger, many at once", "trigger row", "plain row", ""),
    ("  pg_net's net.http_post", "pg_net row", "plain row", ""),
    ("  without", "plain row", None, ""),
    ("Intent before a create", "intent added", "intent insert", "1.3x"),
    ("  insert of one row, committed", "intent insert", None, ""),
    ("  create, with an intent", "intent create", None, ""),
    ("  create, without", "intent unserved", None, ""),
    ("Resolved after a rollback", "resolved", None, ""),
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

# The resources of a backend, by the names of the samples, and the allowed
# growth from the first count to the last: an allocator needs some slack, and a
# worker has now more and now fewer requests under way.
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

# The measurements of a service with a rate limit, by the names of the samples,
# and the goals: the largest ratio to the ideal time, percentage of throttled
# requests, and ratio of the slowest session to the fastest one.
LIMITS = [
    ("10 a second, burst of 10", None, ""),
    ("  queue, 64 side by side", "queue", "1.05 6"),
    ("  one call, 200 inputs", "bulk", "1.05 6"),
    ("  8 sessions", "sessions_8", "1.05 6 1.5"),
    ("  50 sessions", "sessions_50", "1.05 6 1.5"),
    ("  boto3 adaptive, 64 threads", "adaptive", ""),
    ("  boto3 standard, 64 threads", "standard", ""),
    ("  queue of 600, 20 calls beside", "beside", ""),
    ("  queue, others take 5", "others", ""),
    ("5 a second, burst of 5", "five", ""),
    ("  boto3 adaptive, 64 threads", "five_adaptive", ""),
    ("2 a second, burst of 2", "two", ""),
    ("  boto3 adaptive, 64 threads", "two_adaptive", ""),
    ("10 a second, no burst", "no_burst", ""),
    ("  boto3 adaptive, 64 threads", "no_burst_adaptive", ""),
]

# The same for single figures: the description, the name of the sample, and the
# largest value.
LIMITS_MORE = [
    ("20 calls beside a queue of 600 take {:.1f} s", "limit beside session",
     None),
    ("  which is {:.3f} of the queue's time", "limit beside share", 0.1),
    ("Of the others' calls, {:.1f} % are refused", "limit others others",
     None),
    ("20 a second become 5: down within {:.2f} s", "limit change down", 1),
    ("5 a second become 20: up within {:.2f} s", "limit change up", 6),
]

# The operations on a whole catalog, by the names of the samples.
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
            ("redact backend", "glue_redact"),
            ("pg_jsonschema kept", "jsonb_matches_compiled_schema"),
            ("pg_jsonschema anew", "jsonb_matches_schema")):
        samples[name] = [value - nothing for value, nothing in
                         zip(samples[function], samples["floor_nothing"])]
    samples["intent added"] = [
        create - unserved for create, unserved in
        zip(samples["intent create"], samples["intent unserved"])]
    for part in "create", "floor":
        samples[part + " quickest"] = sorted(samples[part + " wall"])[:1]
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
    """Return whether the medians reach the goals, as a text."""
    said = []
    for goal in goals.split():
        limit = goal.rstrip("x")
        measured, unit = (values, "µs") if limit == goal else (ratios, "times")
        met = statistics.median(measured) <= float(limit)
        said.append(f"{limit} {unit}: {'met' if met else 'MISSED'}")
    return ", ".join(said)


def print_costs(samples):
    """Print the table of the times."""
    form = "{:<34} {:>30} {:>21}  {}"
    print(form.format("", "µs a call (min to max)", "ratio (min to max)",
                      "goals, at most"))
    for label, name, other, goals in ROWS:
        values = samples[name]
        if not values:
            continue
        ratios = ratios_of(values, samples[other]) if other else []
        print(form.format(label, spread(values, 1), spread(ratios, 2),
                          verdict(goals, values, ratios)).rstrip())


def print_memory(samples, prefix, heading, rows):
    """Print the table of the resources of a process."""
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


def print_limits(samples):
    """Print the table of a service that limits the rate."""
    form = "{:<34} {:>11} {:>8} {:>8} {:>8} {:>9} {:>9}  {}"
    print(form.format("A service that lets in", "made", "ideal, s", "seconds",
                      "by ideal", "refused %", "fairness", "goals, at most"))
    for title, name, goals in LIMITS:
        found = {figure: samples[f"limit {name} {figure}"][0]
                 for figure in ("made", "calls", "ideal", "seconds",
                                "refused", "fairness")
                 if samples.get(f"limit {name} {figure}")}
        if not found:
            if name is None:
                print(title)
            continue
        by_ideal = found["seconds"] / found["ideal"]
        said = [f"{goal}: {'met' if value <= float(goal) else 'MISSED'}"
                for goal, value in zip(goals.split(), (
                    by_ideal, found["refused"], found.get("fairness")))]
        if goals and found["made"] < found["calls"]:
            said.append("NOT ALL ARE MADE")
        print(form.format(
            title, f"{found['made']:.0f} of {found['calls']:.0f}",
            f"{found['ideal']:.1f}", f"{found['seconds']:.1f}",
            f"{by_ideal:.2f}", f"{found['refused']:.1f}",
            f"{found['fairness']:.2f}" if "fairness" in found else "",
            ", ".join(said)).rstrip())
    for form, name, goal in LIMITS_MORE:
        if name in samples:
            value = samples[name][0]
            said = "" if goal is None else \
                f"{goal}: {'met' if value <= goal else 'MISSED'}"
            print(f"{form.format(value):<83}{said}".rstrip())


def print_catalog(samples):
    """Print the table of the operations on a whole catalog."""
    counts = sorted({int(name.split()[1]) for name in samples
                     if name.startswith("catalog ")})
    form = "{:<34}" + "{:>28}" * len(counts)
    print(form.format("A catalog of so many connections",
                      *(f"{count:,}" for count in counts)))
    for title, operation in CATALOG:
        print(form.format(title + ", s", *(
            spread(samples[f"catalog {count} {operation} seconds"], 3)
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
    print_limits(samples)
    print()
    print_catalog(samples)
    print_memory(samples, "memory", "In one backend, after so many calls",
                 BACKEND_MEMORY)
    print_memory(samples, "worker", "In a worker, after so many requests",
                 WORKER_MEMORY)


if __name__ == "__main__":
    main()
