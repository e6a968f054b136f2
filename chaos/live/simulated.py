"""The situations of `compare` in the simulator: calls memsim and reads its reports.

Like with like: the agents' own transport (streams), short links, the profile's timings. `memsim lifeguard` has memberlist's alpha of 5
where the agents' profiles have 4 (detector/timing.cpp), so alpha and beta are said.
"""
import json
import pathlib
import subprocess
import tempfile

from agents import Failed

DELAY_MS = 0.1  # Of loopback, one way; whatever is far below the timeouts gives the same figures.
ALPHA, BETA = 4, 6
INTERVAL_MINUTES = 2  # kIntervalLength of experiments/lifeguard_run.hpp


class Simulator:
    """Calls one memsim with what all runs of a comparison share, and keeps the command lines."""

    def __init__(self, options):
        self.binary, self.options = options.memsim, options
        self.commit, self.commands = None, []

    def kills(self, mode):
        """One member of n is killed, in so many runs: [{first, all}], in seconds."""
        runs = self.report("run", "--scenario", "crash", "--mode", mode, "--n", self.options.agents, "--profile", self.options.profile,
                           "--seed", self.options.seed, "--seeds", self.options.simulated_runs, "--set", f"delay_ms={DELAY_MS}",
                           "--set", "transport=stream")
        runs = runs.get("runs", [runs])
        if not all(run["passed"] for run in runs):
            raise Failed(f"a simulated run fails: {self.commands[-1]}")
        return [{"first": run["figures"]["first_death_s"], "all": run["figures"]["last_death_s"]} for run in runs]

    def freezes(self, mode):
        """One member of n stands still for as long as a live one would: [{first, all}]; all is None where some never said it."""
        rows = self.lifeguard("threshold", "stop", mode, self.options.simulated_runs, 1, self.options.limit_s)
        found = [{"first": row["first_s"], "all": row["full_s"]} for row in rows]
        return found + [{"first": None, "all": None}] * (self.options.simulated_runs - len(found))

    def stops(self, mode):
        return self.alarms(mode, "stop", self.options.stop_s, self.options.stop_run_s)

    def blocks(self, mode):
        return self.alarms(mode, "block", self.options.block_s, self.options.block_run_s)

    def alarms(self, mode, fault, hold_s, run_s):
        """Some are held again and again: [{fp, fp_at_healthy, declarations}], each a minute."""
        rows = self.lifeguard("interval", fault, mode, self.options.simulated_intervals, self.options.held, hold_s,
                              "--i-ms", round(run_s * 1000))
        return [{key: row[key] / INTERVAL_MINUTES for key in ("fp", "fp_at_healthy", "declarations")} for row in rows]

    def lifeguard(self, experiment, fault, mode, repetitions, held, hold_s, *more):
        report = self.report("lifeguard", experiment, "--modes", mode, "--n", self.options.agents, "--profile", self.options.profile,
                             "--seed", self.options.seed, "--repetitions", repetitions, "--alpha", ALPHA, "--beta", BETA,
                             "--fault", fault, "--transport", "stream", "--delay-ms", DELAY_MS, "--c", held, "--checks", "off",
                             "--d-ms", round(hold_s * 1000), *more)
        if report["failures"]:
            raise Failed(f"an invariant breaks in {self.commands[-1]}")
        return report["rows"]

    def report(self, *arguments):
        with tempfile.TemporaryDirectory(prefix="memberd-") as folder:
            path = pathlib.Path(folder) / "report.json"
            command = [str(self.binary), *map(str, arguments), "--json", str(path)]
            self.commands.append(" ".join(["memsim", *command[1:-2]]))
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise Failed(f"{self.commands[-1]}: {error}") from error
            # Its exit code also judges what is none of our questions: the report is what counts.
            if not path.exists():
                raise Failed(f"{self.commands[-1]}: {(done.stderr or done.stdout).strip()[-300:]}")
            report = json.loads(path.read_text())
        self.commit = report["commit"]
        return report
