#!/usr/bin/env python3
"""Print the figures of the checkout beside those of earlier revisions.

Reads what test/bench/compare measured, lines "revision TAB round TAB name TAB
value", from the standard input; the last revision is the checkout.  A figure is
that of a row of report.py: a ratio where the row has one, else the value.  The
figures of one round, which were measured one after the other, are divided by each
other; the median of the rounds is believed.
"""

import collections
import statistics
import sys

import report

# A figure that is worse by more is marked.
TOLERANCE = 1.05

# Figures that are no row of report.py: name, samples, and what they are divided by.
MORE = [(f"{what}, {count}", f"catalog {count} {name} seconds",
         f"catalog {count} boto3 seconds")
        for count in (1000,) for what, name in report.CATALOG[1:]]
MORE += [(f"{what} after 4,000 creates", f"memory 4000 {name}", None)
         for what, name, _ in report.BACKEND_MEMORY]
MORE += [(f"Instructions: {what}", f"instructions {name}", None)
         for what, name in (
             ("create", "create"), ("create, one of many", "bulk"),
             ("request in the queue", "queue"), ("row with a trigger", "row"),
             ("validate", "validate"), ("redact", "redact"))]

# What is divided by a peer that is not measured here, or is none of ours.
PEERS = ("botocore", "boto3", "sdk", "pg_net", "pg_jsonschema", "floor", "ideal",
         "insert", "plain")


def read_figures(lines):
    """Return the samples of each round of each revision, revisions in order."""
    parts = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in lines:
        revision, turn, sample = line.split("\t", 2)
        parts[revision][turn].append(sample)
    return {revision: {turn: report.read_samples(samples)
                       for turn, samples in turns.items()}
            for revision, turns in parts.items()}


def figure(samples, name, other):
    """Return the figure of a row in one round, or None."""
    if not samples.get(name):
        return None
    value = statistics.median(samples[name])
    if other and samples.get(other):
        value /= statistics.median(samples[other])
    return value


def rows():
    """Return what is compared: a text, samples, and what they are divided by."""
    title = ""
    for what, name, other, _ in report.ROWS:
        title = f"{title.split(':')[0]}:{what.strip()}" if what[0] == " " else what
        if not any(peer in name.split() for peer in PEERS):
            yield title, name, other
    yield from MORE


def main():
    revisions = read_figures(sys.stdin)
    *olds, (checkout, new) = revisions.items()
    form = "{:<52} {:>10}" + " {:>10} {:>22}" * len(olds)
    print(form.format("", checkout, *(text for name, _ in olds for text in
                                      (name, "new by old (rounds)"))))
    for what, name, other in rows():
        now = {turn: figure(samples, name, other)
               for turn, samples in new.items()}
        now = {turn: value for turn, value in now.items() if value}
        if not now:
            continue
        cells = [f"{statistics.median(now.values()):,.2f}"]
        for _, old in olds:
            then = {turn: figure(old[turn], name, other) for turn in now}
            then = {turn: value for turn, value in then.items() if value}
            ratios = [now[turn] / value for turn, value in then.items()]
            if not ratios:
                cells += ["", ""]
                continue
            ratio = statistics.median(ratios)
            mark = "!" if ratio > TOLERANCE else " "
            cells += [f"{statistics.median(then.values()):,.2f}",
                      f"{mark}{ratio:.3f} ({min(ratios):.2f} to "
                      f"{max(ratios):.2f})"]
        print(form.format(what[-52:], *cells))


if __name__ == "__main__":
    main()
