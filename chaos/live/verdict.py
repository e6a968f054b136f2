"""Live figures beside simulated ones: the table, the ranking of the modes, and what is wrong with either.

A figure is a median of seconds (None where nothing was detected) or a count a minute. Nothing here starts or asks anything.
"""
import itertools
import statistics

TOLERANCE = 0.25  # of the simulated median
TIE = 0.10        # figures this close are equal in a ranking
# Counts that are so far apart in the simulator must not be tied live: so many a minute, and so many times the other's. Rare ones may.
FAR_COUNT, FAR_RATIO = 100, 10


def median(samples, key):
    """None if any sample has no value: what was not detected can't be left out of a median."""
    values = [s[key] for s in samples]
    return statistics.median(values) if values and None not in values else None


def mean(samples, key):
    return statistics.mean(s[key] for s in samples)


class Figure:
    """One question, asked of each mode, live and simulated."""

    def __init__(self, situation, name, live, simulated, is_time):
        self.situation, self.name, self.is_time = situation, name, is_time
        self.live, self.simulated = live, simulated  # {mode: value}

    def title(self):
        return f"{self.situation}, {self.name}"

    def ratio(self, mode):
        live, simulated = self.live[mode], self.simulated[mode]
        return live / simulated if live is not None and simulated else None

    def shown(self, value):
        return "none" if value is None else f"{value:.2f} s" if self.is_time else f"{value:.1f}"

    def failures(self):
        """Sentences; empty: this figure is as simulated."""
        found = []
        for mode in self.live if self.is_time else []:
            ratio = self.ratio(mode)
            if self.live[mode] is None:
                found.append(f"{self.title()}, {mode}: nothing was detected")
            elif ratio is None:
                found.append(f"{self.title()}, {mode}: nothing was detected in the simulator")
            elif abs(ratio - 1) > TOLERANCE:
                found.append(f"{self.title()}, {mode}: {ratio:.2f} of the simulated")
        for a, b in itertools.combinations(self.live, 2):
            if order(self.live, a, b) * order(self.simulated, a, b) < 0:
                found.append(f"{self.title()}: {a} and {b} rank the other way round")
            elif order(self.live, a, b) == 0 and self.is_far_apart(a, b):
                found.append(f"{self.title()}: {a} and {b} are tied, and far apart in the simulator")
        return found

    def is_far_apart(self, a, b):
        if self.is_time:
            return False  # Judged by the tolerance.
        less, more = sorted((self.simulated[a], self.simulated[b]))
        return more >= FAR_COUNT and more >= FAR_RATIO * less


def order(values, a, b):
    """-1: a is before b; 0: tied; 1: after. What was not detected comes last."""
    left, right = values[a], values[b]
    if left is None or right is None:
        return (left is None) - (right is None)
    if abs(left - right) <= TIE * max(left, right):
        return 0
    return -1 if left < right else 1


def ranking(values):
    """The modes from best to worst; `=` between neighbours that are tied."""
    modes = sorted(values, key=lambda m: float("inf") if values[m] is None else values[m])
    text = modes[0]
    for before, after in zip(modes, modes[1:]):
        text += (" < " if order(values, before, after) else " = ") + after
    return text


def all_tied(values):
    return all(order(values, a, b) == 0 for a, b in itertools.combinations(values, 2))


def figures_of(live, simulated):
    """All figures; both arguments are {mode: {situation: samples}}."""
    figures = []
    for situation in ("kills", "freezes"):
        for name in ("first", "all"):
            figures.append(Figure(situation, name, {m: median(s[situation], name) for m, s in live.items()},
                                  {m: median(s[situation], name) for m, s in simulated.items()}, True))
    for situation in ("stops", "blocks"):
        for key, name in (("fp", "FP a minute"), ("fp_at_healthy", "FP- a minute")):
            figures.append(Figure(situation, name, {m: mean(s[situation], key) for m, s in live.items()},
                                  {m: mean(s[situation], key) for m, s in simulated.items()}, False))
    return figures


def print_table(figures):
    print(f"{'situation':<28} {'mode':<10} {'live':>10} {'simulated':>10} {'ratio':>6}")
    for figure in figures:
        for mode in figure.live:
            ratio = figure.ratio(mode) if figure.is_time else None
            print(f"{figure.title():<28} {mode:<10} {figure.shown(figure.live[mode]):>10} {figure.shown(figure.simulated[mode]):>10} "
                  f"{'' if ratio is None else format(ratio, '.2f'):>6}")


def print_rankings(figures):
    for figure in figures:
        note = "; all tied: it says nothing about the modes" if all_tied(figure.live) and all_tied(figure.simulated) else ""
        print(f"{figure.title():<28} live {ranking(figure.live)}; simulated {ranking(figure.simulated)}{note}")
