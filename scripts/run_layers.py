#!/usr/bin/python3
"""Runs the layers of tests on what was built and adds up their single cases. Called by scripts/test.

unit      every unit_* binary of the build; a case is a GoogleTest case
layering  everything else ctest knows: layering, documentation; a case is a ctest test
sanitizers  only with --long: the unit tests once more, built with presets asan and tsan
api-asan  only with --long, as api-tsan and api-1.31: the scripts of layer api once more, see api_again.py
others    every executable tests/<layer>/*.sh or *.py; it ends with the line `N passed, N failed, N skipped`; with --long
          it finds FAIRLEAD_LONG=1 and takes the time for what else it knows. A *_test.py or a *.sh with a first line
          `#!` that is not executable is a failure: nobody would run it

Scripts of layers that send packets, and the simulation, run two at a time (lanes.py), when several of those layers are
asked for: what says something about milliseconds in the first lane, shown as it goes; what has seconds to spare in the
second, shown when it ends. Two programs on two processors disturb each other: a script that failed beside another one is
run once more by itself, unless more than MOST_AGAIN of them did. What fails then has failed; what passes then has passed, and what it
said before is told at the end all the same.
"""
import concurrent.futures
import functools
import os
import re
import signal
import subprocess
import sys
import threading
import time

import lanes
from api_again import AGAIN, run_again
from built_tests import layering, sanitizers, unit
from report import Count, say, tell

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAYERS = ("unit", "layering", "lint", "fuzz", "sim", "api", "netns", "interop", "vm", "e2e")
IN_LANES = ("e2e", "netns", "interop", "vm", "api", "sim")  # the order of the first lane
SUM = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
LIMIT_SECONDS = 1800
LONG_LIMIT_SECONDS = 5400
MOST_AGAIN = 2
LINGER_SECONDS = 60  # between a script's end and that of its output


class Children:
    """The scripts that run now, of either lane."""

    def __init__(self):
        self.lock, self.running, self.over = threading.Lock(), set(), False

    def start(self, command):
        """None once end() was called."""
        with self.lock:
            if self.over:
                return None
            child = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TREE,
                                     stdin=subprocess.DEVNULL, errors="replace")
            self.running.add(child)
            return child

    def gone(self, child):
        with self.lock:
            self.running.discard(child)

    def end(self):
        with self.lock:
            self.over, running = True, list(self.running)
        for child in running:
            child.terminate()
        for child in running:
            ended(child, LINGER_SECONDS)


CHILDREN = Children()


def script(path, show, wrapped=lambda command: command):
    """Runs one, by the command that `wrapped` makes of its own. Returns (passed, failed, skipped) and the lines of its failed
    cases."""
    name = os.path.relpath(path, TREE)
    child = CHILDREN.start(wrapped([path]))
    if child is None:
        return (0, 1, 0), []
    sums, bad, about_bad = [], [], False

    def read():
        nonlocal about_bad
        with child.stdout:
            for line in child.stdout:
                show("    " + line)
                if SUM.match(line.strip()):
                    sums.append(line.strip())
                if line.startswith("FAILED"):
                    about_bad = True
                    bad.append(line.rstrip())
                elif about_bad and line.startswith(" "):  # what Verdicts say of it, in as many lines as it takes
                    bad[-1] += " " + line.strip()
                else:
                    about_bad = False

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    code = ended(child, LONG_LIMIT_SECONDS if os.environ.get("FAIRLEAD_LONG") else LIMIT_SECONDS)
    CHILDREN.gone(child)
    reader.join(LINGER_SECONDS)
    lingers = reader.is_alive()  # what it started, and left, still has its output
    found = SUM.match(sums[-1]) if sums else None
    passed, failed, skipped = map(int, found.groups()) if found else (0, 0, 0)
    if code != 0 and not failed or not found or passed + failed + skipped == 0 or lingers:
        failed += 1
        show(f"  {name}: exit {code}" + ("" if found else ", no count") + (", it left something running" if lingers else "") + "\n")
    return (passed, failed, skipped), bad


def ended(child, seconds):
    """The exit code, after so many seconds at most, and LINGER_SECONDS after SIGTERM."""
    for end in (child.terminate, child.kill):
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            end()
            seconds = LINGER_SECONDS
    return child.wait()


def runs(path):
    """True for a test that scripts_of runs, False for one that it would pass over, None for what is no test of its own."""
    with open(path, errors="replace") as file:
        shebang = file.read(2) == "#!"
    if os.access(path, os.X_OK):
        return True
    return False if path.endswith("_test.py") or path.endswith(".sh") and shebang else None


def scripts_of(layer, count):
    folder = f"{TREE}/tests/{layer}"
    paths = sorted(os.path.join(folder, n) for n in (os.listdir(folder) if os.path.isdir(folder) else [])
                   if n.endswith((".sh", ".py")))
    for path in [p for p in paths if runs(p) is False]:
        count.add(0, 1, 0, f"{os.path.relpath(path, TREE)} is a test and not executable")
    paths = [p for p in paths if runs(p)]
    if not paths:
        count.add(0, 1, 0, f"layer {layer} has no test")
    return paths


class TwoLanes:
    """Runs the scripts of several layers in two lanes and adds them to the counts of their layers."""

    def __init__(self, counts, paths):
        """counts: layer -> Count; paths: layer -> its scripts."""
        self.counts = counts
        self.paths = {os.path.relpath(path, TREE + "/tests"): path for layer in IN_LANES for path in paths.get(layer, [])}
        for name in [*lanes.SECOND, *lanes.FIRST]:
            layer = name.split("/")[0]
            if layer in paths and name not in self.paths:
                counts[layer].add(0, 1, 0, f"scripts/lanes.py names tests/{name}, which is no test")
        second = [name for name in lanes.SECOND if name in self.paths]
        self.lanes = lanes.Lanes([name for name in self.paths if name not in second], second)
        self.adding, self.begun = threading.Lock(), threading.Event()
        self.running, self.accompanied, self.failed, self.told = set(), set(), {}, []

    def taken(self, lane):
        name = self.lanes.next(lane)
        self.begun.set()
        with self.adding:
            self.running |= {name} - {None}
            if len(self.running) > 1:
                self.accompanied |= self.running
        return name

    def ended(self, name, result):
        with self.adding:
            self.running.discard(name)
            if result[0][1] and name in self.accompanied:
                self.failed[name] = result
            else:
                self.add(name, result)
        self.lanes.done(name)

    def add(self, name, result):
        self.counts[name.split("/")[0]].add(*result[0], "tests/" + name, result[1])

    def once_more(self):
        """Those that failed beside another one, each by itself, if they are few."""
        again = len(self.failed) <= MOST_AGAIN
        for name, result in self.failed.items():
            if again:
                self.told.append(f"tests/{name}: {result[0][1]} failed beside another script; it was run once more by itself")
                self.told += ["  before: " + case for case in result[1]]
                say(f"  tests/{name} failed beside another script; by itself:")
                result = script(self.paths[name], tell)
            self.add(name, result)

    def work(self, lane):
        if lane == 0:
            self.begun.wait()
        for name in iter(lambda: self.taken(lane), None):
            begun, lines, result = time.monotonic(), [], ((0, 1, 0), [])
            say(f"  tests/{name}" + (" begins beside it" if lane else ""))
            try:
                result = script(self.paths[name], *((lines.append, lanes.yielding) if lane else (tell,)))
            finally:
                self.ended(name, result)
                say(f"  tests/{name}, {time.monotonic() - begun:.0f} s" +
                    (":\n" + "".join(lines).rstrip("\n") if lane else ""))

    def run(self):
        with lanes.without_autogroup(), concurrent.futures.ThreadPoolExecutor(2) as workers:
            try:
                for done in [workers.submit(self.work, lane) for lane in (0, 1)]:
                    done.result()
            except BaseException:
                CHILDREN.end()  # the workers are waited for
                raise
        self.once_more()


def alone(paths, count, wrapped=lambda command: command, after=lambda where: None):
    """One after another. after(where) is called behind each, with what it is called."""
    for path in paths:
        name = os.path.relpath(path, TREE)
        say(f"  {name}")
        counted, bad = script(path, tell, wrapped)
        count.add(*counted, name, bad)
        after(name)


def end(number, _):
    """Ends as by an exception, so that whatever was changed for the time of the tests is put back."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def main():
    signal.signal(signal.SIGTERM, end)
    try:
        return run_all()
    finally:
        CHILDREN.end()


def run_all():
    words = sys.argv[1:]
    if "--long" in words:
        os.environ["FAIRLEAD_LONG"] = "1"
    known = list(LAYERS) + (["sanitizers", *AGAIN] if "--long" in words else [])
    layers = [w for w in words if w != "--long"] or known
    unknown = [w for w in layers if w not in known]
    if unknown:
        sys.exit(f"no layer {' '.join(unknown)}; there are {' '.join(known)}")
    counts = {layer: Count() for layer in layers}
    special = {"unit": unit, "layering": layering, "sanitizers": sanitizers}
    for name in AGAIN:
        special[name] = functools.partial(run_again, name, lambda count, *how: alone(scripts_of("api", count), count, *how))
    paths = {layer: scripts_of(layer, counts[layer]) for layer in layers if layer not in special}
    beside = [layer for layer in layers if layer in IN_LANES]
    beside = beside if len(beside) > 1 else []
    for layer in [name for name in layers if name not in beside]:
        begun = time.monotonic()
        say(f"layer {layer}")
        special[layer](counts[layer]) if layer in special else alone(paths[layer], counts[layer])
        say(f"layer {layer}: {counts[layer]} in {time.monotonic() - begun:.0f} s")
    if beside:
        begun = time.monotonic()
        say(f"layers {' '.join(beside)}, two scripts at a time")
        two = TwoLanes(counts, {layer: paths[layer] for layer in beside})
        two.run()
        for layer in beside:
            say(f"layer {layer}: {counts[layer]}")
        say(f"they took {time.monotonic() - begun:.0f} s")
    total = Count.of(counts.values())
    for line in (two.told if beside else []) + total.failures:
        print(line)
    print(total, flush=True)
    skip_fails = os.environ.get("CI") == "true" and total.skipped
    return 1 if total.failed or skip_fails or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
