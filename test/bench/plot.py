#!/usr/bin/env python3
"""Draw two plots of the samples of test/bench/run.

Usage: plot.py DIRECTORY CAPTION

Reads the same lines as report.py from the standard input, and writes
throughput.svg, calls a second over the number under way, and depth.svg, the time of
a request of the queue over the number of pending ones.  Both axes of the former and
the depth are logarithmic; a curve goes through the medians.
"""

import math
import os
import statistics
import sys

import report

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 40, 46, 74
COLOURS = ["#b03030", "#d08020", "#2060a0", "#408040", "#808080"]

HEAD = """<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}"
 viewBox="0 0 {w} {h}" font-family="sans-serif" font-size="12">
<rect width="{w}" height="{h}" fill="white"/>
<text x="{m}" y="22" text-anchor="middle" font-size="15">{title}</text>
<text x="{m}" y="{caption_y}" text-anchor="middle" font-size="10"
 fill="#606060">{caption}</text>
<text x="{m}" y="{label_y}" text-anchor="middle">{label}</text>
"""


class Axis:
    """The place of a value, between two places."""

    def __init__(self, values, begin, end, logarithmic):
        self.logarithmic = logarithmic
        self.low, self.high = self._bounds(values)
        self.begin, self.end = begin, end

    def _bounds(self, values):
        if self.logarithmic:
            return min(values), max(values)
        return 0, max(values) * 1.5

    def at(self, value):
        """Return the place of a value."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = map(math.log, (low, high, value))
        return self.begin + (value - low) / (high - low) * \
            (self.end - self.begin)

    def ticks(self):
        """Return the values to be named."""
        if self.logarithmic:
            powers = range(math.ceil(math.log10(self.low) - 1e-9),
                           math.floor(math.log10(self.high) + 1e-9) + 1)
            return [10 ** power for power in powers]
        step = 10 ** math.floor(math.log10(self.high / 2))
        if self.high / step > 8:
            step *= 2
        return [step * i for i in range(int(self.high / step) + 1)]


def escape(text):
    """Return a text in the notation of XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def curve(points, x_axis, y_axis, colour, dashed):
    """Return the SVG of a curve, with its points unless it is dashed."""
    places = [(x_axis.at(x), y_axis.at(y)) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}"' \
        f' stroke-width="1.8"{dashes}/>\n' + "" .join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>\n'
            for x, y in places if not dashed)


def axes(x_axis, y_axis, x_ticks):
    """Return the SVG of both, with a grid."""
    svg = ""
    for tick in x_ticks:
        x = x_axis.at(tick)
        svg += f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}"' \
            f' y2="{HEIGHT - BOTTOM}" stroke="#e0e0e0"/>\n' \
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}"' \
            f' text-anchor="middle">{tick:,}</text>\n'
    for tick in y_axis.ticks():
        y = y_axis.at(tick)
        svg += f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}"' \
            f' y2="{y:.1f}" stroke="#e0e0e0"/>\n' \
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}"' \
            f' text-anchor="end">{tick:,}</text>\n'
    return svg


def draw(file_name, title, label, caption, curves, logarithmic, legend):
    """Write a plot.  A curve is (name, points, whether it is dashed)."""
    curves = [one for one in curves if one[1]]
    points = [point for one in curves for point in one[1]]
    x_axis = Axis([x for x, _ in points], LEFT, WIDTH - RIGHT, True)
    y_axis = Axis([y for _, y in points], HEIGHT - BOTTOM, TOP, logarithmic)
    svg = HEAD.format(w=WIDTH, h=HEIGHT, m=WIDTH / 2, title=escape(title),
                      caption_y=HEIGHT - 8, caption=escape(caption),
                      label_y=HEIGHT - 36, label=escape(label))
    svg += axes(x_axis, y_axis, sorted({x for x, _ in curves[0][1]}))
    for i, (name, places, dashed) in enumerate(curves):
        colour = COLOURS[i % len(COLOURS)]
        svg += curve(places, x_axis, y_axis, colour, dashed)
        x, y = legend[0], legend[1] + 17 * i
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        svg += f'<line x1="{x}" x2="{x + 24}" y1="{y}" y2="{y}"' \
            f' stroke="{colour}" stroke-width="2"{dashes}/>\n' \
            f'<text x="{x + 30}" y="{y + 4}">{escape(name)}</text>\n'
    with open(file_name, "w", encoding="utf-8") as file:
        file.write(svg + "</svg>\n")


def medians(samples, begin, end):
    """Return (number, median) of the samples "begin NUMBER end"."""
    found = []
    for name, values in samples.items():
        middle = name[len(begin):len(name) - len(end)]
        if name.startswith(begin) and name.endswith(end) and middle.isdigit():
            found.append((int(middle), statistics.median(values)))
    return sorted(found)


def throughput(samples, file_name, caption):
    """Draw calls a second over the number under way."""
    curves = [
        (name, [(width, 1e6 / microseconds) for width, microseconds
                in medians(samples, "width ", " " + sample)], False)
        for name, sample in (("queue", "queue"),
                             ("glue_create_connections()", "bulk"),
                             ("AWS SDK for JavaScript", "sdk"),
                             ("boto3, threads", "boto3"))]
    latency = statistics.median(samples["bulk ideal"]) * 64 / 1e6
    curves.append(("ideal: 20 ms for each", [
        (width, width / latency) for width, _ in curves[0][1]], True))
    draw(file_name, "Calls a second, of a server that takes 20 ms for each",
         "calls under way side by side", caption, curves, True,
         (LEFT + 20, TOP + 16))


def depth(samples, file_name, caption):
    """Draw the time of a request over the number of pending ones."""
    curves = [("run of 64 requests", medians(samples, "queue short ", ""),
               False),
              ("  CPU of the backend", medians(samples, "queue cpu ", ""),
               False)]
    depths = [x for x, _ in curves[0][1]]
    for name, sample in (("AWS SDK for JavaScript, 64 calls", "bulk sdk"),
                         ("boto3, 64 threads", "bulk boto3"),
                         ("ideal: 20 ms for 64 requests", "bulk ideal")):
        if samples.get(sample):
            level = statistics.median(samples[sample])
            curves.append((name, [(x, level) for x in
                                  (depths[0], depths[-1])], True))
    draw(file_name, "Microseconds a request, of a queue of so many",
         "requests that wait", caption, curves, False,
         (LEFT + 20, TOP + 16))


def main():
    directory, caption = sys.argv[1:3]
    samples = report.read_samples(sys.stdin)
    throughput(samples, os.path.join(directory, "throughput.svg"), caption)
    depth(samples, os.path.join(directory, "depth.svg"), caption)


if __name__ == "__main__":
    main()
