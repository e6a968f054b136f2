"""Real agents on loopback for measurements: starts them, follows what each of them publishes, and ends what it started.

Every agent has a runtime directory and a port of its own below 32768. Events are read from the agents' own sockets in one poll loop; times
are of this process's monotonic clock, taken when an event arrives. Needs python3-zmq and python3-msgpack.
"""
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import msgpack
import zmq


class Failed(Exception):
    """The measurement could not be made; the text says why."""


def show_progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def free_ports(count):
    """Ports below the ephemeral range on which nothing listens now."""
    ports, start = [], random.SystemRandom().randrange(11000, 28000)
    for port in range(start, 32768):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise Failed("no free ports below 32768")


class Agent:
    """One member: its process, its view as published, and when each change arrived."""

    def __init__(self, cluster, index, port):
        self.cluster, self.port = cluster, port
        self.name = f"a{index:02d}"
        self.address = f"127.0.0.1:{port}"
        self.runtime_dir = cluster.root / self.name
        self.process = None
        self.events_socket = None
        self.states, self.ring_digest, self.ring_digest_at = {}, None, 0.0
        self.log = []  # (arrival, event)

    def start(self, *flags):
        command = [str(self.cluster.binary), "--name", self.name, "--bind", self.address, "--runtime-dir", str(self.runtime_dir),
                   "--cluster", self.cluster.name, "--profile", self.cluster.profile, "--detection", self.cluster.detection,
                   "--log-level", "warn", *flags]
        for seed in self.cluster.seeds:
            if seed != self.address:
                command += ["--join", seed]
        self.states, self.ring_digest, self.log = {}, None, []
        self.output = open(self.cluster.root / f"{self.name}.log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.output, stdin=subprocess.DEVNULL)
        return self

    def wait_ready(self):
        line = self.process.stdout.readline()
        if not line.startswith(b"memberd ready"):
            raise Failed(f"{self.name} did not get ready: see {self.output.name}")
        self.follow()

    def follow(self):
        self.unfollow()
        self.events_socket = self.cluster.context.socket(zmq.SUB)
        self.events_socket.linger = 0
        self.events_socket.rcvhwm = 0
        self.events_socket.subscribe(b"")
        self.events_socket.connect(f"ipc://{self.runtime_dir}/events.sock")
        self.cluster.poller.register(self.events_socket, zmq.POLLIN)
        self.cluster.by_socket[self.events_socket] = self
        time.sleep(0.02)
        snapshot = self.ask("snapshot")
        self.ring_digest = snapshot["ring_digest"]
        for member in snapshot["members"]:
            self.states.setdefault(member["name"], member["state"])

    def unfollow(self):
        if self.events_socket is not None:
            self.cluster.poller.unregister(self.events_socket)
            self.cluster.by_socket.pop(self.events_socket)
            self.events_socket.close()
            self.events_socket = None

    def ask(self, op, arguments=None, timeout=10):
        """The document that the agent answers with; its pages put together."""
        control = self.cluster.context.socket(zmq.DEALER)
        control.linger = 0
        control.connect(f"ipc://{self.runtime_dir}/control.sock")
        try:
            control.send(msgpack.packb([1, 1, op, arguments or {}]))
            whole = None
            deadline = time.monotonic() + timeout
            while control.poll(max(0, deadline - time.monotonic()) * 1000):
                _, _, status, payload = msgpack.unpackb(control.recv())[:4]
                if status == "error":
                    raise Failed(f"{self.name} refuses {op}: {payload['message']}")
                if whole is None:
                    whole = payload
                elif isinstance(whole, list):
                    whole += payload
                else:
                    for key, value in payload.items():
                        whole[key] = whole[key] + value if isinstance(value, list) else value
                if status == "ok":
                    return whole
            raise Failed(f"{self.name} does not answer {op}")
        finally:
            control.close()

    def take(self, event, arrival):
        self.log.append((arrival, event))
        if event["type"] in ("alive", "suspect", "dead", "left", "updated"):
            self.states[event["member"]["name"]] = event["member"]["state"]
        elif event["type"] == "forgotten":
            self.states.pop(event["member"]["name"], None)
        elif event["type"] == "ring":
            self.ring_digest, self.ring_digest_at = event["digest"], arrival

    def first_dead(self, name, since):
        """When this agent first said after `since` that the named member is dead; None: it has not."""
        return next((t for t, e in self.log if t >= since and e["type"] == "dead" and e["member"]["name"] == name), None)

    def send_signal(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGKILL):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
        if self.process is not None:
            self.process.wait()
            self.process.stdout.close()
            self.output.close()
        self.unfollow()
        self.process = None

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        return 0


class Cluster:
    """All agents of a measurement. Use as a context: at its end nothing is left running."""

    def __init__(self, binary, count, profile="lan", detection="memberd"):
        self.binary = pathlib.Path(binary).resolve()
        if not os.access(self.binary, os.X_OK):
            raise Failed(f"{self.binary} is not there: build it with cmake --preset release && cmake --build --preset release")
        self.profile, self.detection = profile, detection
        self.name = f"measure-{os.getpid()}"
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="memberd-"))
        self.context = zmq.Context()
        self.context.max_sockets = 4096
        self.poller, self.by_socket = zmq.Poller(), {}
        self.agents = [Agent(self, i, port) for i, port in enumerate(free_ports(count))]
        self.seeds = [self.agents[0].address]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for agent in self.agents:
            agent.end()
        self.context.destroy(linger=0)
        shutil.rmtree(self.root, ignore_errors=True)

    def running(self):
        return [a for a in self.agents if a.process is not None and a.process.poll() is None]

    def pump(self, seconds):
        """Takes what the agents publish for this long at most; returns early after the first batch."""
        for ready, _ in self.poller.poll(max(0.0, seconds) * 1000):
            arrival = time.monotonic()
            while True:
                try:
                    message = msgpack.unpackb(ready.recv(zmq.NOBLOCK))
                except zmq.Again:
                    break
                if message[1] == "event":
                    self.by_socket[ready].take(message[4], arrival)

    def run_until(self, condition, limit):
        """True as soon as the condition holds, False at the limit; events are taken meanwhile."""
        deadline = time.monotonic() + limit
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.pump(min(left, 0.05))
        return True

    def run_for(self, seconds):
        self.run_until(lambda: False, seconds)

    def start_all(self):
        for agent in self.agents:
            agent.start()
        for agent in self.agents:
            agent.wait_ready()

    def settle(self):
        """Starts all, waits until all see all, and lets the observers learn how their subjects answer."""
        self.start_all()
        if not self.run_until(self.all_see_all, 30):
            raise Failed("the agents do not find one another within 30 s")
        self.run_for(10)

    def detections(self, victim, since, limit):
        """Seconds from `since` until each of the others first said that the victim is dead; None for who did not within the limit."""
        others = [a for a in self.running() if a is not victim]
        self.run_until(lambda: all(a.first_dead(victim.name, since) for a in others), since + limit - time.monotonic())
        times = {a.name: a.first_dead(victim.name, since) for a in others}
        return {name: t - since if t else None for name, t in times.items()}

    def forget_events(self):
        for agent in self.agents:
            agent.log.clear()

    def dead_events(self):
        """(who says so, who is dead) of every such event since they were forgotten."""
        return [(a.name, e["member"]["name"]) for a in self.agents for _, e in a.log if e["type"] == "dead"]

    def await_whole(self, limit=30):
        if not self.run_until(self.all_see_all, limit):
            raise Failed(f"not all see all again within {limit} s")

    def all_see_all(self):
        running = self.running()
        names = {a.name for a in running}
        return all({n for n, s in a.states.items() if s == "alive"} == names for a in running)

    def digests_equal(self):
        return len({a.ring_digest for a in self.running()}) == 1
