"""The curves of chaos/plot: reads the rows of memsim's reports, has gnuplot draw them.

A report is a JSON object with "commit" and "rows", a list of flat objects; several runs of one scenario have their rows in
"runs". What is drawn depends on the names in the rows. Standard library only.
"""
import collections
import json
import pathlib
import statistics
import subprocess
import sys

NONE = 0.01  # where nothing is drawn on a logarithmic axis: no run can have so few


class Failed(Exception):
    pass


def rows_of(report):
    """The rows of a report, each with the mode and size of the report where it has none of its own."""
    rows = list(report.get("rows") or [])
    for run in report.get("runs") or []:
        rows += run.get("rows") or []
    common = {key: report[key] for key in ("mode", "n") if key in report}
    return [{**common, **row} for row in rows]


def read(paths):
    rows, commits = [], set()
    for path in paths:
        try:
            report = json.loads(pathlib.Path(path).read_text())
        except (OSError, ValueError) as error:
            raise Failed(f"{path}: {error}") from error
        found = rows_of(report) if isinstance(report, dict) else []
        if not found:
            raise Failed(f"{path} has no rows to draw")
        commits.add(str(report.get("commit", "an unknown commit")))
        rows += found
    return rows, ", ".join(sorted(commits))


def having(rows, *names):
    return [row for row in rows if all(row.get(name) is not None for name in names)]


def curves_of(rows, x, y, label):
    """{label: [(x, mean y)]}, ascending."""
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        values[label(row)][row[x]].append(row[y])
    return {name: [(at, statistics.fmean(ys)) for at, ys in sorted(of_name.items())]
            for name, of_name in sorted(values.items())}


def shares_of(values):
    ordered = sorted(values)
    return [(value, (i + 1) / len(ordered)) for i, value in enumerate(ordered)]


def draw(path, settings, curves, style):
    """Curves as data blocks in one script: nothing else is left on the disk."""
    blocks, plots = [], []
    for i, (name, points) in enumerate(curves.items()):
        lines = "\n".join(f"{x} {y}" for x, y in points)
        blocks.append(f"$curve{i} << END\n{lines}\nEND")
        plots.append(f'$curve{i} using 1:2 with {style} title "{name}"')
    script = "\n".join(["set terminal svg size 800,500 background 'white' font 'sans,12'", f"set output '{path}'",
                        "set key outside right top noenhanced", "set title noenhanced", "set grid", *settings, *blocks,
                        "plot " + ", \\\n  ".join(plots), ""])
    done = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Failed(f"gnuplot can't draw {path}: {done.stderr.strip()}")
    print(path)


def labels(title, x, y):
    return [f'set title "{title}"', f'set xlabel "{x}"', f'set ylabel "{y}"']


def draw_detection(rows, commit, folder):
    curves = {}
    for name, key in (("first", "first_s"), ("all", "full_s"), ("all", "everywhere_s")):
        seen = collections.defaultdict(list)
        for row in having(rows, "mode", key):
            if row[key] >= 0:
                kind = f" {row['kind']}" if "kind" in row else ""
                seen[f"{row['mode']}{kind}, {name}"].append(row[key])
        curves.update({mode: shares_of(values) for mode, values in sorted(seen.items())})
    draw(folder / "detection.svg",
         labels(f"How long a death stays unknown ({commit})", "seconds", "share of deaths") + ["set yrange [0:1]"],
         curves, "steps lw 2")


def draw_false_positives(rows, commit, folder):
    for key, name, x in (("d_ms", "d", "D: length of a block, ms"), ("c", "c", "C: members blocked at once")):
        curves = {}
        for what, column in (("FP", "fp"), ("FP-", "fp_at_healthy")):
            for mode, points in curves_of(having(rows, "mode", key, column), key, column, lambda row: row["mode"]).items():
                curves[f"{mode}, {what}"] = [(at, max(mean, NONE)) for at, mean in points]
        settings = labels(f"False positives of the interval experiment ({commit})", x, f"a run ({NONE}: none)")
        settings += ["set logscale y"] + (["set logscale x 2"] if key == "d_ms" else [])
        draw(folder / f"false-positives-by-{name}.svg", settings, curves, "linespoints lw 2")


def draw_loss(rows, commit, folder):
    curves = curves_of(rows, "loss", "false_deaths", lambda row: f"{row['mode']}, n = {row['n']:.0f}")
    curves = {name: [(at, max(mean, NONE)) for at, mean in points] for name, points in curves.items()}
    draw(folder / "loss-phase.svg",
         labels(f"False deaths against loss ({commit})", "loss of every message, each way", f"false deaths ({NONE}: none)")
         + ["set logscale y"], curves, "linespoints lw 2")


def draw_load(rows, commit, folder):
    curves = {}
    for what, column in (("messages", "messages_per_member_second"), ("bytes", "bytes_per_member_second")):
        for mode, points in curves_of(rows, "n", column, lambda row: row["mode"]).items():
            curves[f"{mode}, {what}"] = points
    draw(folder / "load.svg", labels(f"Load of an idle cluster ({commit})", "members", "a member a second")
         + ["set logscale xy"], curves, "linespoints lw 2")


def main(arguments):
    folder = pathlib.Path(arguments[0])
    rows, commit = read(arguments[1:])
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [
        (draw_detection, having(rows, "mode", "first_s")),
        (draw_false_positives, having(rows, "mode", "c", "d_ms", "fp")),
        (draw_loss, having(rows, "mode", "n", "loss", "false_deaths")),
        (draw_load, [row for row in having(rows, "mode", "n", "messages_per_member_second", "bytes_per_member_second")
                     if "fp" not in row]),
    ]
    drawn = [draw_one(some, commit, folder) for draw_one, some in pictures if some]
    if not drawn:
        raise Failed("these reports hold no curve: see chaos/plot --help")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Failed, OSError) as failure:
        print(f"chaos/plot: {failure}", file=sys.stderr)
        sys.exit(1)
