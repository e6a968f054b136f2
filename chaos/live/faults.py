"""Agents that are held still for a while, and proof that they were.

Stopped: the whole process, by SIGSTOP; what the kernel takes waits for it. Blocked: only the thread of libzmq that sends and receives, by ptrace;
the agent's own thread runs on with all its timers, and what it says and should hear waits until the end. That is the fault of Lifeguard's paper.
A process may trace its children, so neither needs a privilege.

Use as contexts. They fail where somebody could not be held or ran meanwhile; at their end all go on, however they end.
"""
import ctypes
import os
import pathlib
import re
import signal
import time

from agents import Failed

HOLD_LIMIT = 0.5  # seconds until all must stand still
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WAIT_ALL = 0x40000000  # __WALL: for a thread, not a process
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.restype = ctypes.c_long
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class Thread:
    """One thread of an agent, as the kernel shows it."""

    def __init__(self, agent, path):
        self.agent, self.path, self.id = agent, path, int(path.name)
        self.ticks = 0

    def read(self, file):
        try:
            return (self.path / file).read_text()
        except OSError as error:
            raise Failed(f"{self.agent.name} ended while it was held") from error

    def state(self):
        return re.search(r"^State:\s+(\S)", self.read("status"), re.M).group(1)

    def name(self):
        return self.read("comm").strip()

    def cpu_ticks(self):
        fields = self.read("stat").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


def threads_of(agent):
    return [Thread(agent, path) for path in pathlib.Path(f"/proc/{agent.process.pid}/task").iterdir()]


class Held:
    """What Stopped and Blocked share. `held` are the threads that must stand still."""

    state = ""  # of a thread that is held

    def __init__(self, agents):
        self.agents = agents
        self.held = []

    def __enter__(self):
        try:
            self.hold()
            self.await_still()
        except BaseException:
            self.release()
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.check()
        finally:
            self.release()

    def await_still(self):
        deadline = time.monotonic() + HOLD_LIMIT
        for thread in self.held:
            while thread.state() != self.state:
                if time.monotonic() >= deadline:
                    raise Failed(f"the fault did not take hold: {thread.agent.name} runs on")
                time.sleep(0.001)
            thread.ticks = thread.cpu_ticks()

    def check(self):
        for thread in self.held:
            if thread.state() != self.state or thread.cpu_ticks() != thread.ticks:
                raise Failed(f"the fault did not last: {thread.agent.name} ran while it was held")


class Stopped(Held):
    state = "T"

    def hold(self):
        for agent in self.agents:
            agent.send_signal(signal.SIGSTOP)
            self.held += threads_of(agent)

    def release(self):
        for agent in self.agents:
            agent.send_signal(signal.SIGCONT)


class Blocked(Held):
    state = "t"

    def hold(self):
        for agent in self.agents:
            network = [t for t in threads_of(agent) if "/IO/" in t.name()]
            if len(network) != 1:
                raise Failed(f"{agent.name} has {len(network)} threads of libzmq that send and receive, not one")
            trace(PTRACE_SEIZE, network[0].id)
            self.held += network
            trace(PTRACE_INTERRUPT, network[0].id)
        for thread in self.held:
            deadline = time.monotonic() + HOLD_LIMIT
            while os.waitpid(thread.id, os.WNOHANG | WAIT_ALL) == (0, 0):  # Only a stop that was waited for can be ended.
                if time.monotonic() >= deadline:
                    raise Failed(f"the fault did not take hold: {thread.agent.name} runs on")
                time.sleep(0.001)

    def check(self):
        super().check()
        if any(state in "Tt" for agent in self.agents for state in [Thread(agent, self.main_of(agent)).state()]):
            raise Failed("an agent that only should be blocked stood still")

    @staticmethod
    def main_of(agent):
        return pathlib.Path(f"/proc/{agent.process.pid}/task/{agent.process.pid}")

    def release(self):
        for thread in self.held:
            LIBC.ptrace(PTRACE_DETACH, thread.id, None, None)  # Fails where the agent has ended: then there is nothing to release.


def trace(request, thread_id):
    if LIBC.ptrace(request, thread_id, None, None) < 0:
        raise Failed(f"a thread can't be held: ptrace says {os.strerror(ctypes.get_errno())}")
