#!/usr/bin/env python3
"""The ring once more, from membership/RING.md alone: plain, slow, and without any of memberd's code.

    ring_reference.py VECTORS           checks every vector in the file; exit 0 if all hold, 1 if one does not
    ring_reference.py --write VECTORS   writes the file anew: a new ring version, never a repair

Needs the module xxhash (Debian: python3-xxhash).
"""

import bisect
import json
import struct
import sys

import xxhash

VERSION = 1
POINTS_PER_WEIGHT = 160
SEED = {"point": 0x6D656D6265726401, "key": 0x6D656D6265726402, "term": 0x6D656D6265726403, "digest": 0x6D656D6265726404}
REPLICAS = 4


def xxh3(data, purpose):
    return xxhash.xxh3_64_intdigest(data, seed=SEED[purpose])


def text(number):
    return f"{number:016x}"


def vnode_count(weight_milli):
    if weight_milli == 0:
        return 0
    return max(1, (POINTS_PER_WEIGHT * min(weight_milli, 100000) + 500) // 1000)


def ring_points(members):
    """Ascending (hash, name); names compare as bytes."""
    points = []
    for member in members:
        name = member["name"].encode()
        for vnode in range(vnode_count(member["weight_milli"])):
            points.append((xxh3(name + struct.pack("<I", vnode), "point"), name))
    return sorted(points)


def term(member):
    data = b""
    for field in ("name", "address", "zone"):
        value = member[field].encode()
        data += struct.pack("<I", len(value)) + value
    return xxh3(data + struct.pack("<I", member["weight_milli"]), "term")


def digest(members):
    total = sum(term(member) for member in members) % 2**64
    return xxh3(struct.pack("<IIQ", VERSION, POINTS_PER_WEIGHT, total), "digest")


def owner(points, key_hash):
    if not points:
        return ""
    return points[bisect.bisect_left(points, (key_hash, b"")) % len(points)][1].decode()


def preference(members, points, key_hash, replicas):
    zones = {member["name"]: member["zone"] for member in members}
    first = bisect.bisect_left(points, (key_hash, b""))
    walk = list(dict.fromkeys(name.decode() for _, name in points[first:] + points[:first]))
    met, ranked = {}, []
    for place, name in enumerate(walk):
        round_number = met.get(zones[name], 0)
        met[zones[name]] = round_number + 1
        ranked.append((round_number, place, name))
    return [name for _, _, name in sorted(ranked)][:replicas]


def moved(before, after):
    """Ranges whose owners differ; from the smallest boundary on, so that only the last can wrap."""
    bounds = sorted({point for point, _ in before} | {point for point, _ in after})
    pieces = []
    for i, end in enumerate(bounds):
        start = bounds[i - 1]
        pieces.append([start, end, owner(before, end), owner(after, end)])
    pieces = pieces[1:] + pieces[:1]
    joined = []
    for piece in pieces:
        if joined and joined[-1][1] == piece[0] and joined[-1][2:] == piece[2:]:
            joined[-1][1] = piece[1]
        else:
            joined.append(list(piece))
    if len(joined) > 1 and joined[0][2:] == joined[-1][2:]:
        joined[-1][1] = joined.pop(0)[1]
    return [{"start": text(start), "end": text(end), "from": old, "to": new} for start, end, old, new in joined if old != new]


def member(name, address, weight_milli=1000, zone=""):
    return {"name": name, "address": address, "weight_milli": weight_milli, "zone": zone}


SETS = [
    [],
    [member("lonely", "192.0.2.1:7747", 1)],
    [member("idle", "192.0.2.1:7747", 0, "a")],
    [member("a", "192.0.2.1:7747"), member("b", "192.0.2.2:7747"), member("c", "[2001:db8::3]:7747")],
    [
        member("db-1", "10.0.0.1:7747", 1000, "east"),
        member("db-2", "10.0.0.2:7747", 500, "east"),
        member("db-3", "10.0.0.3:7747", 2125, "west"),
        member("db-4", "10.0.0.4:7747", 9, "west"),
        member("db-5", "10.0.0.5:7747", 0, "west"),
        member("db-6", "10.0.0.6:7747", 1000, ""),
        member("knoten-ä", "10.0.0.7:7747", 1000, "Zürich"),
    ],
    [member(f"s-{i}", f"10.0.1.{i}:7747", 30, f"rack-{i % 2}") for i in range(4)],
    [member(f"s-{i}", f"10.0.1.{i}:7747", 30 if i != 2 else 50, f"rack-{i % 2}") for i in range(1, 6)],
    # Two names that share two points: where the tie rule decides.
    [member("mLB6", "192.0.2.1:7747", 42000), member("btt", "192.0.2.2:7747", 42000)],
]
SHARED_POINTS = [0xA94B6066A97FA460, 0x70BF116B2F860307]
KEYS = ["", "a", "key", "user:4711", "schlüssel", "0123456789abcdef", "x" * 17, "y" * 129, "z" * 241, "w" * 1500] + [
    f"key-{i}" for i in range(30)
]


def vectors():
    hashes = {key: xxh3(key.encode(), "key") for key in KEYS}
    rings = []
    for members in SETS:
        points = ring_points(members)
        probes = [0, 2**64 - 1] + SHARED_POINTS
        for value, _ in points[:1] + points[-1:]:
            probes += [value, (value + 1) % 2**64]
        rings.append(
            {
                "members": members,
                "terms": [text(term(one)) for one in members],
                "digest": text(digest(members)),
                "vnodes": [vnode_count(one["weight_milli"]) for one in members],
                "first_points": [[text(value), name.decode()] for value, name in points[:8]],
                "point_sum": text(sum(value for value, _ in points) % 2**64),
                "owners_of_hashes": [[text(value), owner(points, value)] for value in probes],
                "owners": [owner(points, hashes[key]) for key in KEYS],
                "preferences": [preference(members, points, hashes[key], REPLICAS) for key in KEYS],
            }
        )
    changes = [
        {"before": i, "after": j, "moved": moved(ring_points(SETS[i]), ring_points(SETS[j]))}
        for i, j in ((0, 1), (1, 0), (0, 5), (5, 6), (6, 5), (5, 5), (2, 1), (5, 2), (1, 5))
    ]
    return {
        "version": VERSION,
        "points_per_weight": POINTS_PER_WEIGHT,
        "seeds": {purpose: text(seed) for purpose, seed in SEED.items()},
        "keys": [{"key": key, "hash": text(hashes[key])} for key in KEYS],
        "replicas": REPLICAS,
        "rings": rings,
        "changes": changes,
    }


def one_entry_a_line(document):
    lines = []
    for name, value in document.items():
        if isinstance(value, list):
            entries = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in value)
            lines.append(f"{json.dumps(name)}: [\n{entries}\n]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments):
    write = arguments[:1] == ["--write"]
    path = arguments[-1]
    if write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(one_entry_a_line(vectors()))
        return 0
    with open(path, encoding="utf-8") as file:
        stored = json.load(file)
    expected = vectors()
    wrong = [name for name in sorted(set(expected) | set(stored)) if expected.get(name) != stored.get(name)]
    for name in wrong:
        print(f"{path}: '{name}' differs from what membership/RING.md gives", file=sys.stderr)
    print(f"{len(stored['keys'])} keys, {len(stored['rings'])} rings, {len(stored['changes'])} changes checked")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
