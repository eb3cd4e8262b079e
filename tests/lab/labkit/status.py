"""The statuses of all VirtualIPs as the API server tells them, from a watch of its own."""
import threading
import time


class Observer:
    def __init__(self, cluster, evidence):
        self.cluster, self.evidence = cluster, evidence
        self.history = []  # (monotonic seconds, name, status)
        threading.Thread(target=self._observe, daemon=True).start()

    def _observe(self):
        for kind, item in self.cluster.watch("/apis/fairlead.dev/v1alpha1/virtualips"):
            name = item["metadata"]["name"]
            status = {} if kind == "DELETED" else item.get("status", {})
            self.history.append((time.monotonic(), name, status))
            self.evidence.line("status.jsonl", wall=time.time_ns(), type=kind, name=name, status=status)

    def latest(self, name):
        return next((s for _, n, s in reversed(self.history) if n == name), {})

    def steady(self, name, master, seconds):
        """Whether every status seen in the last seconds, and the one before them, named this master."""
        since = time.monotonic() - seconds
        for t, n, status in reversed(self.history):
            if n != name:
                continue
            if status.get("master") != master:
                return False
            if t < since:
                return True
        return False

    def wait_steady(self, masters, seconds, steady=1.5):
        """Until all of {name: master} are so for 1.5 s; whether that came true in time."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if all(self.steady(n, m, steady) for n, m in masters.items()):
                return True
            time.sleep(0.1)
        return False
