#!/usr/bin/env python3
"""Follows the membership of the agent whose runtime directory is given: prints every change, and the view after it.

Written from LOCAL_API.md alone. Needs python3-zmq and python3-msgpack.
"""
import json, sys
import msgpack, zmq

runtime_dir = sys.argv[1]
context = zmq.Context()
events, control = context.socket(zmq.SUB), context.socket(zmq.DEALER)
for socket, name in ((events, "events"), (control, "control")):
    socket.linger = 0
    socket.connect(f"ipc://{runtime_dir}/{name}.sock")
events.subscribe(b"")

view, epoch, seq, request_id = {}, None, 0, 0


def snapshot():
    """The view as of one moment; whatever is published meanwhile waits in the SUB socket (section 4, rules 1 and 2)."""
    global view, epoch, seq, request_id
    while True:
        request_id += 1
        control.send(msgpack.packb([1, request_id, "snapshot", {}]))
        members = []
        while control.poll(3000):
            _, answered, status, payload = msgpack.unpackb(control.recv())[:4]
            if answered == request_id and status in ("ok", "more"):
                members += payload["members"]
                if status == "ok":
                    view, epoch, seq = {m["name"]: m for m in members}, payload["epoch"], payload["seq"]
                    return report({"type": "snapshot"})


def report(event):
    states = {name: member["state"] for name, member in sorted(view.items())}
    print(json.dumps({"type": event["type"], "epoch": epoch, "seq": seq, "states": states}), flush=True)


snapshot()
while True:
    if not events.poll(5000):
        snapshot()  # Rule 5: nothing heard, the agent may be gone.
    else:
        _, kind, its_epoch, its_seq, *event = msgpack.unpackb(events.recv())
        expected = seq + 1 if kind == "event" else seq
        if kind not in ("event", "heartbeat") or (its_epoch == epoch and its_seq < expected):
            continue  # Rule 3: it is in the view already.
        if its_epoch != epoch or its_seq != expected:
            snapshot()  # Rule 4: something was missed. This event comes too late or is in the snapshot.
        elif kind == "event":
            seq, event = its_seq, event[0]
            if event["type"] == "forgotten":
                view.pop(event["member"]["name"], None)
            elif event["type"] in ("alive", "suspect", "dead", "left", "updated"):
                view[event["member"]["name"]] = event["member"]
            report(event)
