"""Does the committed table of AWS Glue's model agree with botocore?

Prints TAP.  Run with a Python that has the botocore of test/requirements.txt.

1. Regenerates src/glue/model_data.c into a temporary file and compares.
2. Compares each automaton in it with Python's own regular expressions, on
   strings that nearly match.
"""

import os
import random
import re
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "test"))

import botocore  # noqa: E402
import botocore.loaders  # noqa: E402

import update_model  # noqa: E402

STRINGS_PER_PATTERN = 3000

# The characters that the patterns distinguish, and their neighbours.
LETTERS = [chr(code) for code in (
    0x00, 0x07, 0x09, 0x0A, 0x0B, 0x0D, 0x1F, 0x20, 0x21, 0x22, 0x24, 0x26,
    0x28, 0x2D, 0x2E, 0x2F, 0x30, 0x3A, 0x3C, 0x3D, 0x3F, 0x40, 0x41, 0x5B,
    0x5F, 0x61, 0x7E, 0x7F, 0x80, 0x85, 0xA0, 0x2028, 0x2029, 0xD7FF, 0xE000,
    0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x10FFFF)]

MATCHING = [
    "", "a", "a-b_c", "a b", "/a/b?c=d", "$.a.b[0]", "$", "ab.cd.e-f",
    "https://a.b/c?d=e", "http://x", "arn:aws:glue:us-east-1:1:connection/a",
    "arn:aws-us-gov:secretsmanager:x", "arn:aws-iso-b:glue:", "arn:aws9:kms:k",
    "arn:aws-cn:secretsmanager:", "abc+/=:_-",
]

count = 0
failures = 0


def ok(passed, name):
    global count, failures
    count += 1
    failures += not passed
    print("%sok %d - %s" % ("" if passed else "not ", count, name))


def committed_table_is_current():
    with open(os.path.join(TOP, "test", "requirements.txt"),
              encoding="ascii") as requirements:
        pinned = re.search(r"^botocore==(\S+)", requirements.read(), re.M)[1]
    if botocore.__version__ != pinned:
        print("# botocore is %s, not the pinned %s"
              % (botocore.__version__, pinned))
    ok(botocore.__version__ == pinned, "botocore is the pinned one")

    with tempfile.TemporaryDirectory() as scratch:
        output = os.path.join(scratch, "model_data.c")
        sys.argv = ["update_model.py", output]
        update_model.main()
        with open(output, encoding="ascii") as fresh, \
                open(os.path.join(TOP, "src", "glue", "model_data.c"),
                     encoding="ascii") as committed:
            ok(fresh.read() == committed.read(),
               "src/glue/model_data.c is the output of \"make update-model\"")


def python_pattern(source):
    """The same pattern for re.fullmatch() with re.ASCII."""
    source = source.replace(r"\uD800\uDC00-\uDBFF\uDFFF",
                            r"\U00010000-\U0010FFFF")
    result, in_set, at = "", False, 0
    while at < len(source):
        token = source[at:at + 2] if source[at] == "\\" else source[at]
        at += len(token)
        if in_set:
            in_set = token != "]"
        elif token == "[":
            in_set = True
        elif token == ".":
            token = "[^\n\r\x85\u2028\u2029]"
        elif token == "$":
            token = r"\Z"
        result += token
    return re.compile(result, re.ASCII)


def nearly_matching(generator):
    text = list(generator.choice(MATCHING))
    for _ in range(generator.randint(0, 3)):
        at = generator.randint(0, len(text))
        if generator.random() < 0.6:
            text[at:at] = generator.choice(LETTERS)
        else:
            del text[at:at + 1]
    return "".join(text)


def automata_are_right():
    model = botocore.loaders.Loader().load_service_model("glue", "service-2")
    shapes = update_model.reachable_shapes(model, update_model.ROOTS)
    generator = random.Random(1)
    for source in sorted({shape["pattern"] for shape in shapes.values()
                          if "pattern" in shape}):
        automaton = update_model.Automaton(source)
        expected = python_pattern(source)
        wrong = [text for text in (nearly_matching(generator)
                                   for _ in range(STRINGS_PER_PATTERN))
                 if automaton.matches(text)
                 != bool(expected.fullmatch(text))]
        ok(not wrong, "automaton of " + source.replace("#", "\\#"))
        for text in wrong[:3]:
            print("# wrong for %a" % text)


def main():
    committed_table_is_current()
    automata_are_right()
    print("1..%d" % count)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
