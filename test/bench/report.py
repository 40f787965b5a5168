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
# goal: the most microseconds, or the greatest ratio ("x"), that it may take.
ROWS = [
    ("Sign, key kept", "sign kept", "sign botocore", "4"),
    ("Sign, new key", "sign new", "sign botocore", "4"),
    ("  botocore's signer", "sign botocore", None, None),
    ("Validate jsonb in a backend", "validate backend", "validate botocore", "15"),
    ("  the pure part, on a tree", "validate pure", "validate botocore", None),
    ("  botocore's validator, on a dict", "validate botocore", None, None),
    ("Redact jsonb in a backend", "redact backend", None, None),
    ("  the pure part, on a tree", "redact pure", None, None),
    ("Create: whole, in one backend", "create wall", "floor wall", "2.2x"),
    ("  floor: bare POST, unsigned", "floor wall", None, None),
    ("  CPU of the backend, create", "create cpu", "floor cpu", None),
    ("  CPU of the backend, floor", "floor cpu", None, None),
    ("Create: a statement per transaction", "create pgbench", "floor pgbench", None),
    ("  floor", "floor pgbench", None, None),
    ("  boto3, one client kept", "create boto3", "floor wall", None),
    ("First call of a backend, small CA", "first create ca", "first floor ca", None),
    ("  floor", "first floor ca", None, None),
    ("First call of a backend, Debian's CAs", "first create bundle",
     "first floor bundle", None),
    ("  floor", "first floor bundle", None, None),
    ("New connection later, Debian's CAs", "again create bundle",
     "again create ca", "1.5x"),
    ("  small CA", "again create ca", None, None),
]

MEMORY = {
    "contexts_kb": "memory contexts", "RssAnon_kb": "RssAnon", "VmData_kb": "VmData",
    "VmRSS_kb": "VmRSS, with shared buffers", "descriptors": "open descriptors",
}

# How much each may grow from the first count to the last: an allocator's slack.
MAY_GROW = {"contexts_kb": 64, "RssAnon_kb": 1024, "VmData_kb": 1024, "descriptors": 3}


def read_samples(lines):
    """Return the samples by name."""
    samples = collections.defaultdict(list)
    for line in lines:
        name, value = line.rstrip("\n").split("\t")
        samples[name].append(float(value))
    nothing = samples["floor_nothing"]
    for name, function in (("validate backend", "glue_is_valid_connection_input"),
                           ("redact backend", "glue_redact")):
        samples[name] = [a - b for a, b in zip(samples[function], nothing)]
    return samples


def spread(values, form):
    """Return the text of a median with its minimum and maximum."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def verdict(goal, values, ratios):
    """Say whether the median reaches a goal."""
    measured = ratios if goal.endswith("x") else values
    met = statistics.median(measured) <= float(goal.rstrip("x"))
    unit = "times" if goal.endswith("x") else "µs"
    return f"{goal.rstrip('x')} {unit}: {'met' if met else 'MISSED'}"


def print_costs(samples):
    """Print the table of what takes how long."""
    line = "{:<38} {:>30} {:>24}  {}"
    print(line.format("", "µs a call (min to max)", "ratio (min to max)", "goal, at most"))
    for what, name, other, goal in ROWS:
        values = samples[name]
        ratios = [a / b for a, b in zip(values, samples[other])] if other else []
        print(line.format(what, spread(values, ".1f"), spread(ratios, ".2f") if ratios else "",
                          verdict(goal, values, ratios) if goal else "").rstrip())


def print_memory(samples):
    """Print the table of what a backend holds."""
    found = collections.defaultdict(dict)
    for name, values in samples.items():
        if name.startswith("memory "):
            _, count, kind = name.split()
            found[kind][int(count)] = values[0]
    counts = sorted(found["descriptors"])
    line = "{:<38}" + "{:>12}" * len(counts) + "  {}"
    print(line.format("In one backend, after so many creates", *(f"{c:,}" for c in counts), ""))
    for kind, title in MEMORY.items():
        values = [found[kind][count] for count in counts]
        judgement = ""
        if kind in MAY_GROW:
            grown = values[-1] - values[0] > MAY_GROW[kind]
            judgement = "no growth: " + ("MISSED" if grown else "met")
        unit = ", kB" if kind.endswith("_kb") else ""
        print(line.format(title + unit, *(f"{v:,.0f}" for v in values), judgement).rstrip())


def main():
    samples = read_samples(sys.stdin)
    print_costs(samples)
    print()
    print_memory(samples)


if __name__ == "__main__":
    main()
