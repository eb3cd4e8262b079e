"""What the demo says: headings, commands with what came back, waits that show they are alive, the table."""
import sys
import threading
import time

BEGUN = time.monotonic()


def say(text=""):
    print(text, flush=True)


def heading(text):
    say(f"\n=== [{time.monotonic() - BEGUN:5.1f} s] {text}")


def command(text):
    say(f"$ {text}")


def output(text, limit=40):
    lines = text.rstrip("\n").splitlines()
    for line in lines[:limit]:
        say("  " + line)
    if len(lines) > limit:
        say(f"  ... {len(lines) - limit} lines more")


class Waiting:
    """A line every five seconds while the body runs."""

    def __init__(self, what):
        self.what, self.over = what, threading.Event()

    def _tick(self):
        begun = time.monotonic()
        while not self.over.wait(5):
            say(f"  ... {self.what} ({time.monotonic() - begun:.0f} s)")

    def __enter__(self):
        threading.Thread(target=self._tick, daemon=True).start()

    def __exit__(self, *_):
        self.over.set()


class Table:
    def __init__(self):
        self.rows = []

    def add(self, key, check, measured, gate, ok):
        """One thing that was checked. key names it for recompute; measured None: nothing was measured, so it failed."""
        row = {"key": key, "check": check, "measured": "nothing" if measured is None else str(measured),
               "gate": gate, "ok": bool(ok) and measured is not None}
        self.rows.append(row)
        say(f"  {'ok' if row['ok'] else 'FAILED'}: {check}: {row['measured']} (wanted: {gate})")
        return row["ok"]

    def holds(self):
        return bool(self.rows) and all(r["ok"] for r in self.rows)

    def show(self, file=sys.stdout):
        widths = [max(len(r[c]) for r in self.rows + [dict(check="check", measured="measured", gate="wanted")])
                  for c in ("check", "measured", "gate")]
        line = "{:<%d}  {:<%d}  {:<%d}  {}" % tuple(widths)
        print(line.format("check", "measured", "wanted", "result"), file=file)
        for r in self.rows:
            print(line.format(r["check"], r["measured"], r["gate"], "ok" if r["ok"] else "FAILED"), file=file)
        file.flush()
