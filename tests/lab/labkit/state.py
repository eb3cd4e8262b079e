"""What of a demo is running, so that it can be taken down: /run/fairlead-lab/state.json, readable by root only."""
import json
import os
import shutil
import signal
import subprocess
import time

from labkit import net
from labkit.agent import Agent, LabError
from labkit.cluster import Cluster

ROOT = "/run/fairlead-lab"
FILE = ROOT + "/state.json"


def load():
    try:
        with open(FILE) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def save(fields):
    os.makedirs(ROOT, mode=0o700, exist_ok=True)
    with os.fdopen(os.open(FILE + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(fields, file)
    os.rename(FILE + ".new", FILE)


def is_program(pid, part):
    """Whether the process still is the one we started: its command line holds this part."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return part.encode() in file.read()
    except OSError:
        return False


def end(pid, part, seconds=10):
    limit = time.monotonic() + seconds
    number = signal.SIGTERM
    while is_program(pid, part):
        try:
            os.kill(pid, number)
            os.waitpid(pid, os.WNOHANG)
        except (ProcessLookupError, ChildProcessError):
            pass
        time.sleep(0.1)
        if time.monotonic() > limit:
            number = signal.SIGKILL


def take_down(fields):
    """Ends the guest, the agents and all they spawned, the cluster, and removes the namespaces."""
    for name in ("guest", "host"):
        place = fields.get(name)
        if not place:
            continue
        if name == "host":
            try:
                Agent(place["port"], place["token"]).call("leave", patience=10)
                time.sleep(0.3)
            except (LabError, OSError):
                pass  # it is gone already
        end(place["pid"], "labkit/agent_server.py")
    if "cluster" in fields:
        cluster = Cluster(fields["cluster"])
        cluster.environment["KAPI_STOP_DS"] = "1"
        cluster.down()
    listed = subprocess.run(["ip", "netns", "list"], text=True, stdout=subprocess.PIPE).stdout.split()
    for layout in (net.Layout(), net.HOST_KERNEL_LAYOUT):
        for name in layout.namespaces():
            if name in listed:
                subprocess.run(["ip", "netns", "delete", name], check=False)
    shutil.rmtree(ROOT, ignore_errors=True)
