#!/usr/bin/env python3
"""Print the figures of the checkout beside those of earlier revisions.

Reads the samples of test/bench/compare, lines "revision TAB round TAB name TAB
value", from the standard input; the last revision is the checkout.  A figure is
that of a row of report.py: a ratio where the row has one, else the value.  The
figures of one round, which were measured one after the other, are divided by each
other; the result is the median of the rounds.
"""

import collections
import statistics
import sys

import report

# A figure is marked if it is worse by more than this.
TOLERANCE = 1.05

# Figures that are no row of report.py: name, samples, and their divisor.
MORE = [(f"{label}, {count}", f"catalog {count} {name} seconds",
         f"catalog {count} boto3 seconds")
        for count in (1000,) for label, name in report.CATALOG[1:]]
MORE += [(f"{label} after 4,000 creates", f"memory 4000 {name}", None)
         for label, name, _ in report.BACKEND_MEMORY]
MORE += [(f"Instructions: {label}", f"instructions {name}", None)
         for label, name in (
             ("create", "create"), ("create, one of many", "bulk"),
             ("request in the queue", "queue"), ("row with a trigger", "row"),
             ("validate", "validate"), ("redact", "redact"))]

# Divisors that are not measured here, or are not of the extension.
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
    """Return the compared figures: a text, samples, and their divisor."""
    title = ""
    for label, name, other, _ in report.ROWS:
        title = f"{title.split(':')[0]}:{label.strip()}" if label[0] == " " else label
        if not any(peer in name.split() for peer in PEERS):
            yield title, name, other
    yield from MORE


def main():
    revisions = read_figures(sys.stdin)
    *olds, (checkout, new) = revisions.items()
    form = "{:<52} {:>10}" + " {:>10} {:>22}" * len(olds)
    print(form.format("", checkout, *(text for name, _ in olds for text in
                                      (name, "new by old (rounds)"))))
    for label, name, other in rows():
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
        print(form.format(label[-52:], *cells))


if __name__ == "__main__":
    main()
