"""Checks the vectors of wire_vectors.txt against PROTOCOL.md with another MessagePack implementation.

Usage: wire_vectors_check.py VECTORS PROTOCOL.md [--corpus DIRECTORY]

Decodes every vector, compares its elements with the layouts below (written from PROTOCOL.md, not from the code), and encodes it
again: msgpack writes shortest forms, so canonical bytes come back unchanged. Every vector must stand in the document. With --corpus every vector is also written to a file
of its own: the seeds of the fuzz target.
"""
import pathlib
import sys

import msgpack

NAME_MAX, GENERATION_MAX, INCARNATION_MAX = 64, 2**48, 2**31


def check(condition, complaint):
    if not condition:
        raise AssertionError(complaint)


def unsigned(bits):
    return lambda value: type(value) is int and 0 <= value < 2**bits


def boolean(value):
    return type(value) is bool


def text(low, high):
    def holds(value):
        return type(value) is str and low <= len(value.encode()) <= high and all(c >= " " and c != "\x7f" for c in value)

    return holds


def listing(element, high):
    return lambda value: type(value) is list and len(value) <= high and all(element(each) for each in value)


def row(*fields):
    return lambda value: type(value) is list and len(value) == len(fields) and all(f(v) for f, v in zip(fields, value))


def address(value):
    return type(value) is bytes and len(value) == 18 and value[16:] != b"\0\0" and any(value[:16])


def tags(value):
    keys = value[0::2]
    return len(value) % 2 == 0 and all(isinstance(each, str) for each in value) and keys == sorted(set(keys), key=str.encode)


def instance(value):
    return unsigned(64)(value) and value > 0


def generation(value):
    return type(value) is int and 1 <= value <= GENERATION_MAX


def incarnation(value):
    return type(value) is int and 0 <= value <= INCARNATION_MAX


def profile(value):
    fields = (name, instance, address, text(0, 64), lambda w: unsigned(32)(w) and w <= 100000, lambda h: h in (0, 1, 2), boolean, tags)
    return row(*fields)(value) and len(msgpack.packb(value)) <= 8192


def update(value):
    rest = (generation, incarnation, lambda state: state in (0, 1, 2, 3), unsigned(32), listing(name, 4))
    if value[7] is None:
        return row(name, instance, *rest, lambda nothing: True)(value)
    return row(lambda v: v is None, lambda v: v is None, *rest, profile)(value)


def item(value):
    bounds = (lambda kind: True, unsigned(64), unsigned(64))
    if value[0] == 0:
        return row(*bounds, unsigned(32), unsigned(64))(value) and value[1] <= value[2]
    if value[0] == 1:
        return row(*bounds, listing(unsigned(64), 128))(value) and value[1] <= value[2] and len(value[3]) % 2 == 0
    return row(lambda kind: kind == 2, listing(unsigned(64), 64))(value)


name = text(1, NAME_MAX)
accusation = row(name, instance, generation, incarnation, unsigned(32), unsigned(32))
items = listing(item, 256)
entry = row(unsigned(32), text(0, NAME_MAX), unsigned(32), unsigned(32), unsigned(32), unsigned(32))
BODIES = {
    1: ("ping", row(unsigned(32), boolean)),
    2: ("ack", row(unsigned(32), unsigned(32))),
    3: ("ping-req", row(unsigned(32), name, instance, unsigned(32))),
    4: ("nack", row(unsigned(32))),
    5: ("alive", row(name, instance, unsigned(32), unsigned(32), unsigned(32))),
    6: ("gossip", row()),
    7: ("suspicion", row(listing(accusation, 64))),
    8: ("join", row(text(0, 64), items)),
    9: ("welcome", row(items)),
    11: ("sync", row(items)),
    12: ("leave", row(unsigned(32))),
    13: ("leave-ack", row(unsigned(32))),
    14: ("evidence-request", row(unsigned(64), name)),
    15: ("evidence", row(unsigned(64), listing(entry, 64))),
}
PROBES = {1, 2, 3, 4, 5, 7, 14}
REFUSE = row(unsigned(64), lambda t: t == 10, lambda code: 1 <= code <= 255, unsigned(64), text(0, 64), text(0, 256))


def message(label, value, size):
    if value[1] == 10:
        check(label.startswith("refuse") and REFUSE(value), f"{label}: layout")
        return 10
    kind, body = BODIES[value[1]]
    check(label.startswith(kind), f"{label}: type {value[1]} is {kind}")
    envelope = (lambda v: v == 1, unsigned(8), unsigned(32), name, instance, generation, incarnation, unsigned(64), unsigned(64))
    check(row(*envelope, body, listing(update, 4096))(value), f"{label}: layout")
    check(size <= (1200 if value[1] in PROBES else 8192 if value[1] == 15 else 65536), f"{label}: size")
    return value[1]


def mix64(x):
    mask = 2**64 - 1
    x = (x + 0x9E3779B97F4A7C15) & mask
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & mask
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & mask
    return x ^ (x >> 31)


def record_hash(key, content, run, number, raised, state):
    h = mix64(key)
    h = mix64(h ^ (content if state < 2 else run))
    h = mix64(h ^ number)
    return mix64(h ^ (raised << 8 | state))


def main(arguments):
    corpus = pathlib.Path(arguments[3]) if arguments[2:3] == ["--corpus"] else None
    document = "".join(pathlib.Path(arguments[1]).read_text(encoding="utf-8").split())
    seen = set()
    with open(arguments[0], encoding="ascii") as file:
        for line in file:
            label, hexadecimal = line.split()
            data = bytes.fromhex(hexadecimal)
            value = msgpack.unpackb(data, strict_map_key=False)
            check(msgpack.packb(value) == data, f"{label}: not in shortest form")
            check(hexadecimal in document, f"{label}: not in PROTOCOL.md")
            if corpus:
                corpus.mkdir(parents=True, exist_ok=True)
                (corpus / label).write_bytes(data)
            if label.startswith("profile"):
                check(profile(value), f"{label}: layout")
                continue
            seen.add(message(label, value, len(data)))
    check(seen == set(range(1, 16)), f"types {sorted(seen)}")
    # The same numbers stand in record_hash_test.cpp and PROTOCOL.md.
    subject = (0x0123456789ABCDEF, 0xFEDCBA9876543210, 7, 1700000000, 5)
    hashes = [record_hash(*subject, state) for state in range(4)]
    expected = [0x53024EE205CB6897, 0x68E92CDB20902CF0, 0x986CE9AF8731E90A, 0x73844B13440464D8]
    check(hashes == expected, "record hashes")
    check(all(f"{each:016x}" in document for each in expected), "record hashes in PROTOCOL.md")
    print(f"{len(seen)} types of message agree with PROTOCOL.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
