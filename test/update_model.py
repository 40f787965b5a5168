"""Writes src/glue/model_data.c from botocore's model of AWS Glue.

Usage: update_model.py OUTPUT

Started by "make update-model" (test/update_model), which provides the
botocore that test/requirements.txt pins, and by test/peer/model_is_current.py,
which checks that the committed table is the output of this script.

The table holds the data that C reads: the shapes that C asks for by name, every
shape that these reach, the errors of the operations on connections, and those
names of members that sound like a secret's.  All of it is sorted by name, so that
the same model gives the same file.

Patterns.  Each pattern of the model becomes a deterministic automaton over
code points, so that C needs no library of regular expressions and matches in
one pass.  The meaning is that of java.util.regex.Pattern.matches(), because
the service is written in Java:

- a pattern has to match the whole string, whether it is anchored or not;
- "." is any character but a line end (LF, CR, NEL, LS and PS);
- "\\s" is ASCII white space, "\\S" anything else;
- the UTF-16 pairs in "\\uD800\\uDC00-\\uDBFF\\uDFFF" are the code points from
  U+10000 to U+10FFFF.

The parser below raises an error for unknown syntax: a pattern is never taken
to mean less than it says.
"""

import os
import re
import sys

import botocore
import botocore.loaders

OPERATIONS = [
    "BatchDeleteConnection",
    "CreateConnection",
    "DeleteConnection",
    "DescribeConnectionType",
    "GetConnection",
    "GetConnections",
    "GetTags",
    "ListConnectionTypes",
    "TagResource",
    "TestConnection",
    "UntagResource",
    "UpdateConnection",
]

# The shapes that C asks for by name.
ROOTS = [
    "CatalogIdString",
    "Connection",
    "ConnectionInput",
    "ErrorDetail",
    "GetConnectionsFilter",
    "NameString",
    "TagKeysList",
    "TagsMap",
    "TestConnectionInput",
]

TYPES = {
    "boolean": "GLUE_TYPE_BOOLEAN",
    "double": "GLUE_TYPE_NUMBER",
    "float": "GLUE_TYPE_NUMBER",
    "integer": "GLUE_TYPE_INTEGER",
    "list": "GLUE_TYPE_LIST",
    "long": "GLUE_TYPE_INTEGER",
    "map": "GLUE_TYPE_MAP",
    "string": "GLUE_TYPE_STRING",
    "structure": "GLUE_TYPE_STRUCTURE",
    "timestamp": "GLUE_TYPE_NUMBER",
}

# The known traits of a shape.  Any other might be a constraint that this
# script does not know, so it is an error.
SHAPE_TRAITS = {
    "type", "members", "member", "required", "key", "value", "enum", "min",
    "max", "pattern", "sensitive", "documentation", "box", "exception",
    "fault", "error",
}
MEMBER_TRAITS = {"shape", "documentation", "box"}

LAST_CODE_POINT = 0x10FFFF


# --------------------------------------------------------------------------
# Sets of code points: sorted tuples of (first, last).

def code_set(*ranges):
    merged = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def complement(ranges):
    result, first = [], 0
    for start, end in ranges:
        if start > first:
            result.append((first, start - 1))
        first = end + 1
    if first <= LAST_CODE_POINT:
        result.append((first, LAST_CODE_POINT))
    return tuple(result)


SPACE = code_set((0x09, 0x0D), (0x20, 0x20))
DIGIT = code_set((0x30, 0x39))
WORD = code_set((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
LINE_END = code_set((0x0A, 0x0A), (0x0D, 0x0D), (0x85, 0x85), (0x2028, 0x2029))
ESCAPED_SETS = {
    "s": SPACE, "S": complement(SPACE),
    "d": DIGIT, "D": complement(DIGIT),
    "w": WORD, "W": complement(WORD),
}
ESCAPED_CONTROLS = {"t": 0x09, "n": 0x0A, "r": 0x0D, "f": 0x0C}


# --------------------------------------------------------------------------
# From a pattern to a nondeterministic automaton.

class Pattern:
    """One pattern, parsed by recursive descent.

    A fragment of the automaton is a pair (start, end) of state numbers.
    moves[state] lists (set, state), free[state] the states reached without
    reading.
    """

    def __init__(self, source):
        self.source = source
        self.at = 0
        self.moves = []
        self.free = []
        self.start, self.end = self.alternatives()
        if self.at != len(source):
            self.fail("unbalanced parenthesis")

    def fail(self, fault):
        raise SystemExit("update_model: pattern %r, at character %d: %s"
                         % (self.source, self.at, fault))

    def peek(self, length=1):
        return self.source[self.at:self.at + length]

    def take(self):
        if self.at == len(self.source):
            self.fail("unexpected end")
        self.at += 1
        return self.source[self.at - 1]

    def state(self):
        self.moves.append([])
        self.free.append([])
        return len(self.moves) - 1

    def alternatives(self):
        start, end = self.state(), self.state()
        while True:
            first, last = self.sequence()
            self.free[start].append(first)
            self.free[last].append(end)
            if self.peek() != "|":
                return start, end
            self.take()

    def sequence(self):
        """Parse up to "|", ")" or the end.

        The pattern has to match the whole string, so "^" and "$" change
        nothing where an alternative of the whole pattern starts or ends, and
        are refused elsewhere.
        """
        start = end = self.state()
        begun = False
        while self.peek() not in ("", "|", ")"):
            if self.peek() == "^":
                if begun or self.depth() > 0:
                    self.fail("^ is only known at the start")
                self.take()
                continue
            if self.peek() == "$":
                self.take()
                if self.peek() not in ("", "|") or self.depth() > 0:
                    self.fail("$ is only known at the end")
                continue
            first, last = self.repetition()
            self.free[end].append(first)
            end = last
            begun = True
        return start, end

    def depth(self):
        return getattr(self, "nesting", 0)

    def repetition(self):
        begin = self.at
        first, last = self.atom()
        mark = self.peek()
        if mark == "{":
            self.fail("counted repetition is not known")
        if mark not in ("*", "+", "?") or mark == "":
            return first, last
        self.take()
        if self.peek() in ("*", "+", "?") and self.peek() != "":
            self.fail("lazy and possessive repetition are not known")
        start, end = self.state(), self.state()
        self.free[start].append(first)
        self.free[last].append(end)
        if mark in ("*", "?"):
            self.free[start].append(end)
        if mark in ("*", "+"):
            self.free[last].append(first)
        assert begin < self.at
        return start, end

    def atom(self):
        letter = self.take()
        if letter == "(":
            if self.peek() == "?":
                self.fail("special groups are not known")
            self.nesting = self.depth() + 1
            fragment = self.alternatives()
            self.nesting -= 1
            if self.take() != ")":
                self.fail("expected )")
            return fragment
        if letter == "[":
            return self.read_one(self.bracket())
        if letter == ".":
            return self.read_one(complement(LINE_END))
        if letter == "\\":
            return self.read_one(self.escape())
        if letter in "*+?{}])":
            self.fail("unexpected %s" % letter)
        return self.read_one(code_set((ord(letter), ord(letter))))

    def read_one(self, codes):
        start, end = self.state(), self.state()
        self.moves[start].append((codes, end))
        return start, end

    def bracket(self):
        negated = self.peek() == "^"
        if negated:
            self.take()
        ranges = []
        while self.peek() != "]":
            if self.peek() == "[" or self.peek(2) == "&&":
                self.fail("sets of sets are not known")
            first = self.bracket_item()
            if (self.peek() == "-" and self.peek(2) != "-]"
                    and len(first) == 1 and first[0][0] == first[0][1]):
                self.take()
                last = self.bracket_item()
                if len(last) != 1 or last[0][1] < first[0][0]:
                    self.fail("bad range")
                ranges.append((first[0][0], last[0][1]))
            else:
                ranges.extend(first)
        self.take()
        codes = code_set(*ranges)
        return complement(codes) if negated else codes

    def bracket_item(self):
        letter = self.take()
        if letter == "\\":
            return self.escape()
        return code_set((ord(letter), ord(letter)))

    def escape(self):
        letter = self.take()
        if letter in ESCAPED_SETS:
            return ESCAPED_SETS[letter]
        if letter in ESCAPED_CONTROLS:
            code = ESCAPED_CONTROLS[letter]
        elif letter == "x":
            code = self.hexadecimal(2)
        elif letter == "u":
            code = self.hexadecimal(4)
            if 0xD800 <= code <= 0xDBFF and self.peek(2) == "\\u":
                self.at += 2
                low = self.hexadecimal(4)
                if not 0xDC00 <= low <= 0xDFFF:
                    self.fail("lone surrogate")
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            if 0xD800 <= code <= 0xDFFF:
                self.fail("lone surrogate")
        elif letter.isalnum():
            self.fail("\\%s is not known" % letter)
        else:
            code = ord(letter)
        return code_set((code, code))

    def hexadecimal(self, digits):
        text = self.peek(digits)
        self.at += digits
        try:
            return int(text, 16)
        except ValueError:
            self.fail("bad hexadecimal number")


# --------------------------------------------------------------------------
# From there to the smallest deterministic one.

class Automaton:
    """ranges: list of (last code point, class), covering everything.
    table[state][class] is the next state.  State 0 is the dead one, from
    which nothing is accepted any more, and 1 the start."""

    def __init__(self, source):
        pattern = Pattern(source)
        self.split_into_classes(pattern)
        table, accepts = self.subsets(pattern)
        self.minimize(table, accepts)
        if len(self.table) > 255 or self.class_count > 255:
            pattern.fail("the automaton is too large")

    def split_into_classes(self, pattern):
        """Code points that no set of the pattern tells apart are a class."""
        sets = sorted({codes for moves in pattern.moves for codes, _ in moves})
        cuts = {0, 128}
        for codes in sets:
            for first, last in codes:
                cuts.update((first, last + 1))
        cuts = sorted(cut for cut in cuts if cut <= LAST_CODE_POINT)
        numbers = {}
        self.ranges = []
        self.members = []
        for index, first in enumerate(cuts):
            last = (cuts[index + 1] if index + 1 < len(cuts)
                    else LAST_CODE_POINT + 1) - 1
            inside = tuple(any(a <= first <= b for a, b in codes)
                           for codes in sets)
            number = numbers.setdefault(inside, len(numbers))
            if number == len(self.members):
                self.members.append({codes for codes, is_in
                                     in zip(sets, inside) if is_in})
            if self.ranges and self.ranges[-1][1] == number and first != 128:
                self.ranges[-1] = (last, number)
            else:
                self.ranges.append((last, number))
        self.class_count = len(numbers)

    def subsets(self, pattern):
        def closure(states):
            found, todo = set(states), list(states)
            while todo:
                for state in pattern.free[todo.pop()]:
                    if state not in found:
                        found.add(state)
                        todo.append(state)
            return frozenset(found)

        start = closure([pattern.start])
        numbers, todo, table = {start: 0}, [start], []
        while todo:
            states = todo.pop(0)
            row = []
            for class_number in range(self.class_count):
                reached = closure([
                    target for state in states
                    for codes, target in pattern.moves[state]
                    if codes in self.members[class_number]])
                if reached not in numbers:
                    numbers[reached] = len(numbers)
                    todo.append(reached)
                row.append(numbers[reached])
            table.append(row)
        accepts = [pattern.end in states for states in numbers]
        return table, accepts

    def minimize(self, table, accepts):
        """Moore's algorithm: split groups of states until they are stable."""
        group = [int(accepting) for accepting in accepts]
        while True:
            numbers = {}
            refined = []
            for state, row in enumerate(table):
                signature = (group[state],) + tuple(group[n] for n in row)
                refined.append(numbers.setdefault(signature, len(numbers)))
            if len(numbers) == len(set(group)):
                break
            group = refined
        rows, accepting = {}, {}
        for state, row in enumerate(table):
            rows[group[state]] = [group[n] for n in row]
            accepting[group[state]] = accepts[state]
        dead = next((g for g, row in rows.items()
                     if not accepting[g] and set(row) == {g}), None)
        order = [dead, group[0]]
        for g in order:
            for n in rows.get(g, []):
                if n not in order:
                    order.append(n)
        number = {g: index for index, g in enumerate(order)}
        self.table = [[number[n] for n in rows[g]] if g in rows
                      else [0] * self.class_count for g in order]
        self.accepts = [accepting.get(g, False) for g in order]

    def matches(self, text):
        """As the C code does it; for checks of this script."""
        state = 1
        for letter in text:
            state = self.table[state][next(
                number for last, number in self.ranges
                if ord(letter) <= last)]
        return self.accepts[state]


# --------------------------------------------------------------------------
# The model.

def check_traits(name, description, known):
    extra = set(description) - known
    if extra:
        raise SystemExit("update_model: %s: unknown traits %s"
                         % (name, ", ".join(sorted(extra))))


def targets(shape):
    """The names of the shapes that this shape refers to."""
    for member in shape.get("members", {}).values():
        yield member["shape"]
    if shape["type"] == "list":
        yield shape["member"]["shape"]
    if shape["type"] == "map":
        yield shape["key"]["shape"]
        yield shape["value"]["shape"]


def all_shapes(model):
    """The names of all shapes that the operations take, return or raise."""
    names = []
    for name in OPERATIONS:
        operation = model["operations"][name]
        names.append(operation["input"]["shape"])
        names.append(operation["output"]["shape"])
        names.extend(error["shape"] for error in operation.get("errors", []))
    return names


def reachable_shapes(model, names):
    todo = list(names)
    found = set()
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        shape = model["shapes"][name]
        check_traits(name, shape, SHAPE_TRAITS)
        if shape["type"] not in TYPES:
            raise SystemExit("update_model: %s: unknown type %s"
                             % (name, shape["type"]))
        for member, target in shape.get("members", {}).items():
            check_traits(name + "." + member, target, MEMBER_TRAITS)
        todo.extend(targets(shape))
    return {name: model["shapes"][name] for name in sorted(found)}


def is_sensitive(shapes, name):
    """Is this shape marked, or a list or map of a marked one?"""
    shape = shapes[name]
    if shape.get("sensitive", False):
        return True
    return (shape["type"] in ("list", "map")
            and any(is_sensitive(shapes, target) for target in targets(shape)))


def secret_words():
    """The words that src/secret/secret_name.c knows a secret's name by, as regular
    expressions; one with a space in front has to stand alone."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                           "src", "secret", "secret_name.c"),
              encoding="ascii") as source:
        words = re.findall(r'^\t{"([a-z_ ]+)", GLUE_NAME_', source.read(), re.M)
    return [re.sub("^ (.*)", r"(^|_)\1(_|$)", word.replace("_", "_?"))
            for word in words]


def member_names(shapes):
    """name -> [sensitive, set of types], over all structures; of those that are
    marked or sound like a secret's."""
    expression = re.compile("|".join(secret_words()), re.I)
    names = {}
    for shape in shapes.values():
        for member, target in shape.get("members", {}).items():
            entry = names.setdefault(member, [False, set()])
            entry[0] = entry[0] or is_sensitive(shapes, target["shape"])
            entry[1].add(TYPES[shapes[target["shape"]]["type"]])
    return {name: entry for name, entry in names.items()
            if entry[0] or expression.search(
                re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name))}


# --------------------------------------------------------------------------
# Output.

def c_string(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if any(not " " <= letter <= "~" for letter in escaped) or "??" in escaped:
        raise SystemExit("update_model: odd character in %r" % text)
    return '"%s"' % escaped


def c_bool(value):
    return "true" if value else "false"


def c_numbers(numbers, indent):
    """Small numbers as the characters from "0" on, in a string."""
    text = c_string("".join(chr(ord("0") + number) for number in numbers))
    return ('"\n%s"' % indent).join(
        re.findall(r"(?:\\.|.){1,66}", text[1:-1])).join('""')


def wrapped(items):
    """Lines of comma-separated items, at most 79 columns wide."""
    lines, line = [], "\t"
    for item in items:
        if len(line) > 1 and len(line.expandtabs(4)) + len(item) + 1 > 78:
            lines.append(line.rstrip())
            line = "\t"
        line += item + ", "
    lines.append(line.rstrip())
    return "\n".join(lines)


def row(fields):
    """One element of an array of structs."""
    return "\t{%s},\n" % ", ".join(fields)


class Writer:
    def __init__(self, model, version):
        self.model = model
        self.version = version
        self.shapes = reachable_shapes(model, ROOTS)
        self.number = {name: index for index, name in enumerate(self.shapes)}
        self.patterns = sorted({shape["pattern"]
                                for shape in self.shapes.values()
                                if "pattern" in shape})
        self.parts = []

    def write(self):
        self.header()
        self.pattern_table()
        for name, shape in self.shapes.items():
            self.shape_parts(name, shape)
        self.shape_table()
        self.operation_table()
        self.name_table()
        return "".join(self.parts).rstrip("\n") + "\n"

    def header(self):
        self.parts.append("""\
/*-------------------------------------------------------------------------
 *
 * model_data.c
 *	  AWS Glue's own description of its operations on connections.
 *
 * Generated by test/update_model.py ("make update-model"), from the model
 * %s in botocore %s.  Do not edit.
 *
 * IDENTIFICATION
 *	  src/glue/model_data.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/model_data.h"

""" % (self.model["metadata"]["uid"], self.version))

    def array(self, declaration, items):
        self.parts.append("static const %s[] = {\n%s\n};\n\n"
                          % (declaration, wrapped(items)))

    def pattern_table(self):
        self.parts.append("static const GluePattern patterns[] = {\n%s};\n\n"
                          % "".join(self.pattern(source)
                                    for source in self.patterns))

    def pattern(self, source):
        automaton = Automaton(source)
        classes, ranges = [], []
        for last, number in automaton.ranges:
            if last < 128:
                classes.extend([number] * (last + 1 - len(classes)))
            else:
                ranges.append("{0x%X, %d}" % (last, number))
        next_states = [state for states in automaton.table for state in states]
        return ("\t{\n\t\t%s,\n\t\t%s,\n\t\t%s,\n\t\t%s,\n"
                "\t\t(const GlueCodeRange[]) {%s},\n\t\t%d\n\t},\n"
                % (c_string(source), c_numbers(classes, "\t\t"),
                   c_numbers(next_states, "\t\t"),
                   c_numbers(automaton.accepts, "\t\t"), ", ".join(ranges),
                   automaton.class_count))

    def shape_parts(self, name, shape):
        """The arrays that the shape's row points to."""
        if "enum" in shape:
            self.array("char *const values_of_%s" % name,
                       [c_string(value) for value in sorted(shape["enum"])])
        if shape.get("members"):
            required = shape.get("required", [])
            rows = ["\t{%s, &glue_model_shapes[%d], %s},\n"
                    % (c_string(member),
                       self.number[shape["members"][member]["shape"]],
                       c_bool(member in required))
                    for member in sorted(shape["members"])]
            self.parts.append("static const GlueMember members_of_%s[] = {\n"
                              "%s};\n\n" % (name, "".join(rows)))

    def shape_table(self):
        rows = ["\t/* %d */\n%s" % (index, self.shape_row(name, shape))
                for index, (name, shape) in enumerate(self.shapes.items())]
        self.parts.append("const GlueShape glue_model_shapes[] = {\n%s};\n\n"
                          "const int\tglue_model_shape_count = %d;\n\n"
                          % ("".join(rows), len(rows)))

    def shape_row(self, name, shape):
        fields = [c_string(name), TYPES[shape["type"]],
                  "%d" % shape.get("min", -1), "%d" % shape.get("max", -1)]
        if shape.get("sensitive", False):
            fields.append(".sensitive = true")
        if "pattern" in shape:
            fields.append(".pattern = &patterns[%d]"
                          % self.patterns.index(shape["pattern"]))
        if "enum" in shape:
            fields.append(".values = values_of_" + name)
            fields.append(".value_count = %d" % len(shape["enum"]))
        if shape.get("members"):
            fields.append(".members = members_of_" + name)
            fields.append(".member_count = %d" % len(shape["members"]))
        if shape["type"] == "map":
            fields.append(".key = &glue_model_shapes[%d]"
                          % self.number[shape["key"]["shape"]])
            fields.append(".element = &glue_model_shapes[%d]"
                          % self.number[shape["value"]["shape"]])
        if shape["type"] == "list":
            fields.append(".element = &glue_model_shapes[%d]"
                          % self.number[shape["member"]["shape"]])
        return row(fields)

    def operation_table(self):
        rows = []
        for name in sorted(OPERATIONS):
            operation = self.model["operations"][name]
            members = self.model["shapes"][operation["input"]["shape"]]["members"]
            errors = sorted(error["shape"] for error in operation.get("errors", []))
            rows.append(row([c_string(name), c_bool("CatalogId" in members),
                             "%d" % self.page_size(members),
                             "(const char *const[]) {%s}"
                             % ", ".join([c_string(error) for error in errors] + ["NULL"])]))
        self.parts.append(
            "const GlueModelOperation glue_model_operations[] = {\n%s};\n\n"
            "const int\tglue_model_operation_count = %d;\n\n"
            % ("".join(rows), len(rows)))

    def page_size(self, members):
        """The most entries that can be asked for at once; 0 of no list."""
        return (self.model["shapes"][members["MaxResults"]["shape"]]["max"]
                if "MaxResults" in members else 0)

    def name_table(self):
        shapes = reachable_shapes(self.model, all_shapes(self.model))
        names = ["{%s, %s%s}"
                 % (c_string(name), " | ".join(sorted(types)),
                    ", true" if is_marked else "")
                 for name, (is_marked, types)
                 in sorted(member_names(shapes).items())]
        self.parts.append(
            "const GlueMemberName glue_model_member_names[] = {\n%s\n};\n\n"
            "const int\tglue_model_member_name_count = %d;\n\n"
            % (wrapped(names), len(names)))


def main():
    if len(sys.argv) != 2:
        raise SystemExit("usage: update_model.py OUTPUT")
    model = botocore.loaders.Loader().load_service_model("glue", "service-2")
    text = Writer(model, botocore.__version__).write()
    with open(sys.argv[1], "w", encoding="ascii", newline="\n") as output:
        output.write(text)


if __name__ == "__main__":
    main()
