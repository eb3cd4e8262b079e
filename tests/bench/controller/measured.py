"""For controller.py: a controller whose work is measured."""
import os
import time

import controller_process

PLANS = "fairlead_controller_reconcile_duration_seconds"
WRITES = "fairlead_controller_reconcile_total"
QUIET = 15.0  # seconds without a write, a round that runs, or a change that waits for one: nothing is left
ROUNDS = ("fairlead_workqueue_depth", "fairlead_workqueue_longest_seconds")  # how many wait; how long the one that runs has run
SETTLED = 40.0  # seconds after the last write: what is free has been given back to the kernel, which is done twice a minute at most


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


class Measured(controller_process.Controller):
    def __init__(self, folder, kubeconfig, name, words):
        controller_process.BINARY = os.environ.get("FAIRLEAD_CONTROLLER", controller_process.BINARY)
        self.begun = time.monotonic()
        super().__init__(folder, kubeconfig, name, *words, "--leader-elect=false", log_level="info")

    def memory(self):
        """(resident now, at its highest), in MiB"""
        with open(f"/proc/{self.process.pid}/status") as file:
            of = dict(line.split(":", 1) for line in file)
        return tuple(round(int(of[name].split()[0]) / 1024) for name in ("VmRSS", "VmHWM"))

    def processor(self):
        """Seconds of it that were used."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def planned(self, timeout=300):
        """A look at its metrics costs it milliseconds: there is none until it says that it has seen everything."""
        end = self.begun + timeout
        while "controller.synced" not in self.log() or self.metric(PLANS + "_count") < 1:
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("no plan:\n" + self.log()[-2000:])
            time.sleep(0.02)
        seconds = time.monotonic() - self.begun
        plan = 1000 * self.metric(PLANS + "_sum") / self.metric(PLANS + "_count")
        now, peak = self.memory()
        return {"seconds": seconds, "plan_ms": plan, "processor": self.processor(), "mib": now, "peak_mib": peak}

    def written(self, timeout):
        """Until nothing has been written, and nothing was left to do, for QUIET seconds."""
        begun = last = idle = time.monotonic()
        first = count = self.metric(WRITES)
        while time.monotonic() - max(last, idle) < QUIET:
            if time.monotonic() - begun > timeout:
                raise RuntimeError(f"{count} writes in {timeout} s and no end:\n" + self.log()[-2000:])
            time.sleep(0.25)
            now = self.metric(WRITES)
            if now != count:
                count, last = now, time.monotonic()
            if any(self.metric(name) for name in ROUNDS):
                idle = time.monotonic()
        seconds = last - begun
        time.sleep(max(0.0, SETTLED - (time.monotonic() - last)))
        resident, peak = self.memory()
        return {"writes": int(count), "seconds": seconds, "rate": (count - first) / seconds if seconds > 1 else 0.0,
                "refused": int(self.metric(WRITES) - self.metric_of(WRITES, 'result="written"')),
                "plans": int(self.metric(PLANS + "_count")), "settled_mib": resident, "peak_mib": peak}

    def close(self):
        self.stop()

    def metric_of(self, name, label):
        found = [line for line in self.get(self.metrics, "/metrics")[1].splitlines() if line.startswith(name) and label in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)
