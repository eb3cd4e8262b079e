"""What a run leaves in its evidence folder, and the feed of netwatch's lines while they are written.

  meta.json            kernel, place, intervals, gates, addresses, MACs
  events.jsonl         what was done when: {"t": monotonic ns of that lab, "wall": ns, "lab", "ev", ...}
  kubectl.jsonl        every kubectl command with its output and the wall clock
  <lab>-watch.jsonl    netwatch: addresses, links, ARP and VRRP frames
  <lab>-probe-*.jsonl  prober lines
  fence.jsonl          the nodes' metrics of the finer fence
  counters-*.json      ipvsadm before and after, beside the prober's count
  audit.log            the API server's
  logs/                of all programs
  table.json           what the demo itself computed
"""
import json
import os
import threading
import time


class Evidence:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder + "/logs", exist_ok=True)
        self._lock = threading.Lock()

    def path(self, name):
        return os.path.join(self.folder, name)

    def append(self, file_name, text):
        with self._lock, open(self.path(file_name), "a") as file:
            file.write(text)

    def line(self, file_name, **fields):
        self.append(file_name, json.dumps(fields) + "\n")

    def write(self, name, value):
        with open(self.path(name), "w") as file:
            file.write(value if isinstance(value, str) else json.dumps(value, indent=1) + "\n")


# An answer of so many bytes may not be all that there was (labkit/agent_server.py: 1 MiB, cut at the end of a line).
FULL_BLOCK = 1 << 19


class Feed:
    """netwatch's lines, read through the agent as they come."""

    def __init__(self, agent, remote, evidence, name):
        self.agent, self.remote, self.evidence, self.name = agent, remote, evidence, name
        self.offset, self.events = 0, []

    def poll(self):
        """All events so far. What is written while this reads is left to the next call: else it might never end."""
        full = True
        while full:
            text, after = self.agent.read(self.remote, self.offset)
            full = after - self.offset >= FULL_BLOCK
            self.offset = after
            if text:
                self.evidence.append(self.name, text)
                self.events += [json.loads(line) for line in text.splitlines()]
        return self.events

    def wait(self, found, seconds):
        """Polls until found(events) is not None, which is returned; None when the time is over."""
        limit = time.monotonic() + seconds
        while True:
            value = found(self.poll())
            if value is not None or time.monotonic() > limit:
                return value
            time.sleep(0.05)

    def holders(self, address):
        """Namespaces that list the address now, as far as the lines read so far tell."""
        held = {}
        for e in self.events:
            if e["ev"] == "addr" and e["addr"].split("/")[0] == address:
                held[e["ns"]] = e["op"] != "del"
        return sorted(ns for ns, yes in held.items() if yes)
