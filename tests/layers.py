#!/usr/bin/env python3
"""The laws of the house, checked: who may include whom, and what the protocol core must not know.

    tests/layers.py [--root DIR]      one line a violation, "file:line: rule: what", exit 1 if there is any
    tests/layers.py --list            prints the C++ files that are checked (the format check uses it)
    tests/layers.py --self-test       breaks every rule once in a temporary tree and demands that each is found

Rules
  order      An include follows the arrow detector < gossip < membership < cli; chaos stands on the libraries; tests may
             include anything; nobody else includes tests or chaos. A path names its folder.
  transport  The core half of gossip does not include the transport half (gossip/zmq_*).
  standard   detector/ includes the standard library and itself, nothing else.
  forbidden  The core (detector/, gossip/ except zmq_*) reads no clock, draws no unseeded chance, has no threads,
             sockets, environment, logger or files, and no standard distribution (they differ between libraries).
  unordered  Hash maps of the core say in a comment `never iterated`, on their line or the line above: what is
             observable must not depend on their order.
  length     No C++ or Python file has more than 600 lines.
  top        The top level holds the folders and the files that tools look for there.

Comments and strings are not code here: a forbidden word in them is no violation. Standard library only.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

LINES_MAX = 600
CPP_ENDINGS = (".cpp", ".hpp", ".cc", ".hh", ".c", ".h")

MAY_INCLUDE = {
    "detector": {"detector"},
    "gossip": {"detector", "gossip"},
    "membership": {"detector", "gossip", "membership"},
    "cli": {"detector", "gossip", "membership", "cli"},
    "chaos": {"detector", "gossip", "membership", "chaos"},
    "tests": {"detector", "gossip", "membership", "cli", "chaos", "tests"},
}

TOP_LEVEL = set(MAY_INCLUDE) | {
    "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE",
    ".ci", ".clang-format", ".clang-tidy", ".gitattributes", ".gitignore",
}

STANDARD_HEADERS = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
clocale cmath compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio
cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem forward_list fstream functional future
initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex
new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex
source_location span sstream stack stdexcept stop_token streambuf string string_view syncstream system_error thread
tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
""".split())

# Headers that the core must not include, and why.
FORBIDDEN_HEADERS = {
    "threads": r"(thread|mutex|shared_mutex|future|condition_variable|atomic|barrier|latch|semaphore|stop_token"
               r"|pthread\.h)",
    "sockets": r"(sys/socket\.h|sys/un\.h|sys/epoll\.h|poll\.h|netdb\.h|netinet/.*|arpa/inet\.h|zmq(\.h|\.hpp"
               r"|_addon\.hpp)|unistd\.h)",
    "clock": r"(ctime|time\.h|sys/time\.h|sys/timerfd\.h)",
    "chance": r"(random|sys/random\.h)",
    "logger": r"(spdlog/.*|fmt/.*|syslog\.h)",
    "files and terminals": r"(iostream|fstream|cstdio|stdio\.h|filesystem|syncstream|fcntl\.h)",
}

# Code that the core must not contain, and why.
FORBIDDEN_CODE = {
    "clock": r"\b(?:steady_clock|system_clock|high_resolution_clock|utc_clock|file_clock|tai_clock|gps_clock)"
             r"\s*::\s*now\b|\btime\s*\(\s*(?:nullptr|NULL|0|&\s*\w+)\s*\)|\b(?:gettimeofday|clock_gettime|ftime)\s*\("
             r"|\bstd\s*::\s*clock\s*\(",
    "chance": r"\brandom_device\b|\bstd\s*::\s*\w+_distribution\b|\b(?:s?rand|[dln]rand48|getrandom|arc4random)\s*\(",
    "threads": r"\bstd\s*::\s*(?:j?thread|this_thread|async|\w*mutex|atomic\w*|condition_variable)\b|\bthread_local\b"
               r"|\bpthread_\w+|\b(?:usleep|nanosleep)\s*\(",
    "sockets": r"(?<![\w.>])(?:::\s*)?(?:socket|getaddrinfo|gethostbyname|recvfrom|sendto)\s*\(|\bzmq\s*::|\bzmq_\w+\s*\(",
    "environment": r"\b(?:secure_)?getenv\b|\bsetenv\b|\benviron\b",
    "logger": r"\bspdlog\s*::|\bsyslog\s*\(",
    "files and terminals": r"\b\w*printf\s*\(|\bf(?:open|puts|write)\s*\(|\bstd\s*::\s*(?:cout|cerr|clog|cin|[io]?fstream)\b"
                           r"|(?<![\w.>])puts\s*\(",
}

# What one file of the core may have all the same.
EXEMPT = {
    ("gossip/endpoint.cpp", "arpa/inet.h"): "inet_ntop and inet_pton turn text into numbers, nothing more",
    ("detector/check.cpp", "cstdio"): "the last words before abort() when an invariant is broken",
    ("detector/check.cpp", "files and terminals"): "the same",
}

TOKEN = re.compile(
    r"""(?P<line>//(?:\\\n|[^\n])*)|(?P<block>/\*.*?(?:\*/|\Z))"""
    r"""|(?P<raw>\b(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")"""
    r"""|(?P<include>^[ \t]*\#[ \t]*include[^\n]*)"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')""",
    re.S | re.M)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<how>[<"])(?P<path>[^>"]+)[>"]', re.M)
UNORDERED = re.compile(r"\bunordered_(?:multi)?(?:map|set)\s*<")


def split(text):
    """The code alone (comments and strings blanked, lines kept) and the comments alone, line by line."""
    comments = {}

    def blank(match):
        piece = match.group(0)
        if match.lastgroup == "include":
            return piece
        if match.group("line") or match.group("block"):
            first = text.count("\n", 0, match.start()) + 1
            for offset, line in enumerate(piece.split("\n")):
                comments[first + offset] = comments.get(first + offset, "") + line
            return "\n" * piece.count("\n") if "\n" in piece else " "
        return '""' + "\n" * piece.count("\n")

    return TOKEN.sub(blank, text), comments


def in_core(path):
    folder, _, name = path.partition("/")
    return folder == "detector" or (folder == "gossip" and not name.startswith("zmq_"))


def check_include(path, included):
    """Yields (rule, message) for one include of one file."""
    folder = path.partition("/")[0]
    target = included.partition("/")[0] if "/" in included else ""
    ours = target in MAY_INCLUDE
    if ours and target not in MAY_INCLUDE.get(folder, set()):
        yield "order", f"{folder} must not include {included}"
    if not in_core(path):
        return
    if included.startswith("gossip/zmq_"):
        yield "transport", f"the core must not include {included}"
    if folder == "detector" and not ours and included not in STANDARD_HEADERS:
        yield "standard", f"detector includes the standard library only, not <{included}>"
    for why, pattern in FORBIDDEN_HEADERS.items():
        if re.fullmatch(pattern, included) and (path, included) not in EXEMPT:
            yield "forbidden", f"the core has no {why}: <{included}>"


def check_cpp(path, text):
    """Yields (line, rule, message) for one C++ file."""
    code, comments = split(text)

    def line_of(match):
        return code.count("\n", 0, match.start()) + 1

    for match in INCLUDE.finditer(code):
        included = match.group("path")
        for rule, message in check_include(path, included):
            yield line_of(match), rule, message
        if match.group("how") == '"' and included.partition("/")[0] not in MAY_INCLUDE:
            yield line_of(match), "order", f'write "{included}" with its folder in front, or in <> if it is not ours'
    if not in_core(path):
        return
    for why, pattern in FORBIDDEN_CODE.items():
        if (path, why) not in EXEMPT:
            for match in re.finditer(pattern, code):
                yield line_of(match), "forbidden", f"the core has no {why}: {match.group(0).strip()}"
    for match in UNORDERED.finditer(code):
        line = line_of(match)
        if "never iterated" not in comments.get(line, "") + comments.get(line - 1, ""):
            yield line, "unordered", "say `never iterated` in a comment, or use a container with an order"


def from_git(root, *options):
    """What git lists, or nothing where this is no git work tree of its own (an unpacked archive)."""
    try:
        done = subprocess.run(["git", "-C", str(root), "ls-files", "-z", *options], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in done.stdout.decode().split("\0") if name]


def tracked(root):
    return from_git(root) if (root / ".git").exists() else None


def files(root):
    """Paths below root, relative: what git tracks or would add; without git all but hidden and build folders."""
    listed = from_git(root, "--cached", "--others", "--exclude-standard") if (root / ".git").exists() else None
    if listed is None:
        listed = [found.relative_to(root).as_posix() for found in root.rglob("*") if found.is_file()]
        listed = [name for name in listed if not name.startswith(("build/", ".git/", ".cache/"))]
    return sorted({name for name in listed if (root / name).is_file()})


def is_python(root, name):
    if name.endswith(".py"):
        return True
    if "." in pathlib.PurePosixPath(name).name:
        return False
    with open(root / name, "rb") as opened:
        return re.match(rb"#!.*python", opened.readline()) is not None


def violations(root):
    """Every violation below root, as (file, line, rule, message)."""
    found = []
    names = files(root)
    committed = tracked(root)
    for entry in sorted({name.partition("/")[0] for name in (names if committed is None else committed)}):
        if entry not in TOP_LEVEL:
            found.append((entry, 1, "top", "nothing but the folders and the files that tools need stands at the top"))
    for name in names:
        cpp = name.endswith(CPP_ENDINGS)
        if not cpp and not is_python(root, name):
            continue
        text = (root / name).read_text(encoding="utf-8", errors="replace")
        if text.count("\n") > LINES_MAX:
            found.append((name, LINES_MAX + 1, "length", f"more than {LINES_MAX} lines: split it"))
        if cpp and name.partition("/")[0] in MAY_INCLUDE:
            found += [(name, *violation) for violation in check_cpp(name, text)]
    return found


# The self-test: (rule, words of the message, file, text). Each is written alone into an otherwise clean tree.
CLEAN = {
    "CMakeLists.txt": "",
    "README.md": "",
    "detector/time.hpp": "#include <chrono>\nusing Clock = std::chrono::steady_clock;  // never ::now() here\n",
    "detector/strings.cpp": '#include "detector/time.hpp"\n/* std::thread\n getenv */ auto a = "std::random_device";\n'
                            'auto b = R"x(rand() " std::cout)x"; int c = 1\'000; char d = \'"\'; auto e = "time(0)";\n',
    "gossip/table.hpp": "#include <unordered_map>\n// Looked up by name, never iterated.\n"
                        "std::unordered_map<int, int> by_name;\nint last_time(int now); int a = last_time(0);\n"
                        "Duration time(Instant now); void send(int); bool brand(int); int x = brand(1);\n",
    "gossip/endpoint.cpp": "#include <arpa/inet.h>\n",
    "gossip/zmq_transport.cpp": '#include <zmq.hpp>\n#include "gossip/zmq_transport.hpp"\nauto t = steady_clock::now();\n',
    "membership/agent.cpp": '#include <thread>\n#include "gossip/zmq_transport.hpp"\nauto t = system_clock::now();\n',
    "cli/memberd.cpp": '#include "membership/agent.hpp"\n',
    "chaos/sim/world.cpp": '#include "chaos/sim/world.hpp"\n#include "gossip/table.hpp"\n',
    "tests/unit/a_test.cpp": '#include <gtest/gtest.h>\n#include "chaos/sim/world.hpp"\n#include "cli/options.hpp"\n',
    "tests/long.py": "pass\n" * LINES_MAX,
}

BROKEN = [
    ("order", "detector must not include gossip/table.hpp", "detector/a.hpp", '#include "gossip/table.hpp"\n'),
    ("order", "gossip must not include membership/view.hpp", "gossip/a.cpp", '  #  include "membership/view.hpp"\n'),
    ("order", "membership must not include cli/x.hpp", "membership/a.cpp", "#include <cli/x.hpp>\n"),
    ("order", "cli must not include chaos/sim/world.hpp", "cli/a.cpp", '#include "chaos/sim/world.hpp"\n'),
    ("order", "membership must not include tests/x.hpp", "membership/b.hpp", '#include "tests/x.hpp"\n'),
    ("order", "chaos must not include cli/x.hpp", "chaos/a.cpp", '#include "cli/x.hpp"\n'),
    ("order", "chaos must not include tests/x.hpp", "chaos/b.cpp", '#include "tests/x.hpp"\n'),
    ("order", "with its folder in front", "membership/c.cpp", '#include "view.hpp"\n'),
    ("transport", "zmq_socket.hpp", "gossip/b.cpp", '#include "gossip/zmq_socket.hpp"\n'),
    ("standard", "<msgpack.hpp>", "detector/b.hpp", "#include <msgpack.hpp>\n"),
    ("standard", "<sys/types.h>", "detector/c.hpp", "#include <sys/types.h>\n"),
    ("unordered", "never iterated", "gossip/c.hpp", "std::unordered_set<int> peers;\n"),
    ("length", "more than 600 lines", "membership/d.cpp", "int a;\n" * (LINES_MAX + 1)),
    ("length", "more than 600 lines", "tests/a.py", "pass\n" * (LINES_MAX + 1)),
    ("length", "more than 600 lines", "tests/b", "#!/usr/bin/env python3\n" + "pass\n" * LINES_MAX),
    ("top", "nothing but", "scripts/a.sh", ""),
    ("top", "nothing but", "notes.txt", ""),
] + [("forbidden", words, "gossip/d.cpp", text + "\n") for words, text in [
    ("no clock", "auto t = std::chrono::steady_clock::now();"),
    ("no clock", "auto t = system_clock :: now();"),
    ("no clock", "auto t = std::chrono::high_resolution_clock::now();"),
    ("no clock", "auto t = std::time(nullptr);"),
    ("no clock", "time_t t = 0; time(&t);"),
    ("no clock", "gettimeofday(&a, nullptr);"),
    ("no clock", "clock_gettime(CLOCK_MONOTONIC, &a);"),
    ("no clock", "#include <ctime>"),
    ("no chance", "std::random_device device;"),
    ("no chance", "std::uniform_int_distribution<int> draw(0, 1);"),
    ("no chance", "int a = rand();"),
    ("no chance", "#include <random>"),
    ("no threads", "#include <thread>"),
    ("no threads", "#include <mutex>"),
    ("no threads", "#include <future>"),
    ("no threads", "#include <condition_variable>"),
    ("no threads", "#include <atomic>"),
    ("no threads", "std::mutex guard;"),
    ("no sockets", "#include <sys/socket.h>"),
    ("no sockets", "#include <zmq.h>"),
    ("no sockets", "#include <zmq.hpp>"),
    ("no sockets", "#include <arpa/inet.h>"),
    ("no sockets", "int s = ::socket(1, 2, 3);"),
    ("no environment", 'auto a = std::getenv("HOME");'),
    ("no logger", "#include <spdlog/spdlog.h>"),
    ("no logger", 'spdlog::info("hello");'),
    ("no files", "#include <iostream>"),
    ("no files", "#include <fstream>"),
    ("no files", 'std::printf("%d", 1);'),
    ("no files", 'auto f = fopen("a", "r");'),
    ("no files", "std::ifstream in(path);"),
]]


def write_tree(root, tree):
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def self_test():
    """Exit code 0 if a clean tree is found clean and each broken one is found broken by exactly its rule."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="memberd-layers-") as folder:
        root = pathlib.Path(folder)
        write_tree(root, CLEAN)
        wrong += [f"a clean tree is reported: {violation}" for violation in violations(root)]
        for rule, words, name, text in BROKEN:
            write_tree(root, {name: text})
            found = violations(root)
            if not any(v[0] in (name, name.partition("/")[0]) and v[2] == rule and words in v[3] for v in found):
                wrong.append(f"{rule} is not found in {name}: {text[:60]!r}")
            wrong += [f"{name} is reported for {v[2]} too: {v[3]}" for v in found if v[2] != rule]
            (root / name).unlink()
    for line in wrong:
        print(line)
    print(f"layers self-test: {len(BROKEN)} broken trees and a clean one, {len(wrong)} wrong answers")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--list", action="store_true", help="print the C++ files")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    if options.list:
        print("\n".join(name for name in files(options.root) if name.endswith(CPP_ENDINGS)))
        return 0
    found = violations(options.root)
    for name, line, rule, message in found:
        print(f"{name}:{line}: {rule}: {message}")
    print(f"layers: {len(files(options.root))} files, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
