#!/usr/bin/env python3
"""Are runs the same with every compiler? Replays each kept plan and compares its trace hash with TRACES.

    chaos/corpus/check_traces.py MEMSIM [--write]

TRACES holds one `hash file` a line. Whoever changes the engine or the simulator writes it anew with one build; the tests
compare with others (debug, sanitizers), and so can anybody with clang's. Exit codes: 0 equal, 1 not, 2 cannot start.
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TRACES = HERE / "TRACES"


def cannot_start(text):
    print(f"check_traces.py: {text}", file=sys.stderr)
    sys.exit(2)


def trace_of(memsim, plan):
    done = subprocess.run([memsim, "replay", plan], capture_output=True, text=True)
    found = re.search(r"; trace ([0-9a-f]{16})$", done.stdout, re.MULTILINE)
    if found is None:
        cannot_start(f"{memsim} replay {plan} printed no trace: {done.stdout}{done.stderr}")
    return found.group(1)


def main():
    arguments = sys.argv[1:]
    write = "--write" in arguments
    programs = [argument for argument in arguments if argument != "--write"]
    if len(programs) != 1 or not pathlib.Path(programs[0]).is_file():
        cannot_start(__doc__.strip().splitlines()[2].strip())
    traces = {plan.name: trace_of(programs[0], plan) for plan in sorted(HERE.glob("*.json"))}
    text = "".join(f"{trace} {name}\n" for name, trace in traces.items())
    if write:
        TRACES.write_text(text)
        return 0
    kept = TRACES.read_text() if TRACES.is_file() else ""
    if kept == text and text:
        print(f"{len(traces)} runs, the same traces")
        return 0
    for line in sorted(set(text.splitlines()) ^ set(kept.splitlines()), key=lambda each: each.split()[1:]):
        print(("now:  " if line in text else "kept: ") + line)
    print("the traces differ: the engine or the simulator has changed (then write TRACES anew), or two builds disagree")
    return 1


if __name__ == "__main__":
    sys.exit(main())
