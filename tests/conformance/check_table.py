#!/usr/bin/env python3
"""Holds the table of tests/conformance/README.md against the tests that exist.

    check_table.py README PROGRAM...

Each program is asked for its tests (--gtest_list_tests). `Suite.Test` names a test of conformance_tests, `unit:Suite.Test`
one of unit_tests, `sim:Suite.Test` one of sim_tests. What must hold:

  * every test that the table names exists, and every test of conformance_tests is in the table;
  * there are at least 100 rules, no two of them with the same words, each with a suite that checks it and a test of ours;
  * at least 60 rules have a test of conformance_tests;
  * what is not for us says whose it is and why.

Exit code 0 if so; else every violation is a line. Standard library only.
"""

import pathlib
import re
import subprocess
import sys

RULES_MIN = 100
OWN_RULES_MIN = 60
HOME = "conformance"
SUITES = ("memberlist", "serf", "swift", "foca", "tarantool")
NAME = re.compile(r"`((?:(?:unit|sim):)?[A-Z]\w*\.[A-Z]\w*)`")


def listed(program):
    """The tests of a program as the table writes them: without instantiation and parameter."""
    home = pathlib.Path(program).name.removesuffix("_tests")
    prefix = "" if home == HOME else home + ":"
    lines = subprocess.run([program, "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout.split("\n")
    suite, tests = "", set()
    for line in lines:
        line = line.split("#")[0].rstrip()
        if line.endswith(".") and not line.startswith(" "):
            suite = line[:-1].split("/")[-1] if line.count("/") else line[:-1]
        elif line.startswith("  ") and suite:
            tests.add(f"{prefix}{suite}.{line.strip().split('/')[0]}")
    return tests


def rows(text):
    """(heading, line, cells) of every row of a table."""
    heading = ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            heading = line.lstrip("# ").strip()
        elif line.startswith("|") and not re.fullmatch(r"[|\-: ]+", line):
            yield heading, number, [cell.strip() for cell in line.strip("|").split("|")]


def check(readme, programs):
    """Every violation, as a sentence."""
    existing = {program: listed(program) for program in programs}
    everything = set().union(*existing.values())
    own = {test for test in everything if ":" not in test}
    found, rules, named, own_rules = [], {}, set(), 0
    for heading, number, cells in rows(pathlib.Path(readme).read_text(encoding="utf-8")):
        if cells[0] in ("rule", "question") or heading.startswith("Conformance"):
            continue
        if heading == "Not for us":
            if len(cells) != 3 or not all(cells):
                found.append(f"line {number}: a rule that is not for us needs whose it is and the reason")
            continue
        if heading == "Where the suites contradict one another":
            tests = NAME.findall(cells[-1])
            named.update(tests)
            if not tests:
                found.append(f"line {number}: the choice has no test")
            continue
        if len(cells) != 4:
            found.append(f"line {number}: {len(cells)} cells, not 4")
            continue
        rule, suites, tests = cells[0], cells[1], NAME.findall(cells[2])
        key = re.sub(r"\W+", " ", rule).strip().lower()
        if key in rules:
            found.append(f"line {number}: the rule of line {rules[key]} again")
        rules[key] = number
        if not any(suite in suites for suite in SUITES):
            found.append(f"line {number}: no suite is named that checks '{rule}'")
        if not tests:
            found.append(f"line {number}: no test of ours is named for '{rule}'")
        own_rules += any(test in own for test in tests)
        named.update(tests)
    found += [f"there is no test {test}" for test in sorted(named - everything)]
    found += [f"{test} is not in the table" for test in sorted(own - named)]
    if len(rules) < RULES_MIN:
        found.append(f"{len(rules)} rules, fewer than {RULES_MIN}")
    if own_rules < OWN_RULES_MIN:
        found.append(f"{own_rules} rules with a test in this folder, fewer than {OWN_RULES_MIN}")
    return found, f"{len(rules)} rules, {own_rules} with tests of their own; {len(own)} such tests"


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    found, summary = check(arguments[0], arguments[1:])
    for violation in found:
        print(f"{arguments[0]}: {violation}", file=sys.stderr)
    print(summary)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
