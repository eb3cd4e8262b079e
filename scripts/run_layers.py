#!/usr/bin/python3
"""Runs the layers of tests on what was built and adds up their single cases. Called by scripts/test.

unit      every unit_* binary of the build; a case is a GoogleTest case
layering  everything else ctest knows: layering, documentation; a case is a ctest test
sanitizers  only with --long: the unit tests once more, built with presets asan and tsan
others    every executable tests/<layer>/*.sh or *.py; it ends with the line `N passed, N failed, N skipped`; with --long
          it finds FAIRLEAD_LONG=1 and takes the time for what else it knows. A *_test.py or a *.sh with a first line
          `#!` that is not executable is a failure: nobody would run it

What says something about milliseconds runs alone, the demo, too. The scripts in SHARED spend most of their time waiting, with
seconds to spare: when several layers are asked for, they go first and two at a time, never two of one layer, and each one's
output is shown when it ends.
"""
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ["FAIRLEAD_BUILD"]
LAYERS = ("unit", "layering", "lint", "fuzz", "sim", "api", "netns", "interop", "vm", "e2e")
SUM = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
SHARED = {
    "api": ("client_faults_test.py", "client_test.py", "controller_test.py", "crd_cases.py", "manifests_accepted.py",
            "node_events_test.py", "node_test.py"),
    "netns": ("addresses_test.py", "lab_positive_control.py", "lab_selftest.py", "wire_test.py"),
    "interop": ("probe_test.py", "wire_test.py"),
    "vm": ("forwarding_test.py",),
}
LIMIT_SECONDS = 1800
LONG_LIMIT_SECONDS = 5400
BEGUN = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - BEGUN:6.1f} s] {text}", flush=True)


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    @staticmethod
    def of(counts):
        total = Count()
        for one in counts:
            total.passed, total.failed, total.skipped = (total.passed + one.passed, total.failed + one.failed,
                                                         total.skipped + one.skipped)
            total.failures += one.failures
        return total

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def add(self, passed, failed, skipped, where):
        self.passed, self.failed, self.skipped = self.passed + passed, self.failed + failed, self.skipped + skipped
        if failed:
            self.failures.append(f"{where}: {failed} failed")
        if skipped:
            self.failures.append(f"{where}: {skipped} skipped")


def ctest_commands():
    shown = subprocess.run(["ctest", "--test-dir", BUILD, "--show-only=json-v1"], text=True, stdout=subprocess.PIPE,
                           check=True)
    return [t for t in json.loads(shown.stdout)["tests"] if t.get("command")]


def google_test(binary, count):
    """Runs one binary; its own report says which cases ran."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([binary, f"--gtest_output=json:{folder}/report.json", "--gtest_brief=1"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TREE)
        name = os.path.basename(binary)
        try:
            with open(folder + "/report.json") as file:
                suites = json.load(file)["testsuites"]
        except (OSError, ValueError):
            print(done.stdout[-3000:])
            count.add(0, 1, 0, f"{name} ended with {done.returncode} and without a report")
            return
    cases = [c for s in suites for c in s["testsuite"]]
    failed = sum(1 for c in cases if c.get("failures"))
    skipped = sum(1 for c in cases if c.get("result") == "SKIPPED" or c.get("status") == "NOTRUN")
    if done.returncode != 0 and not failed:
        failed = 1
        cases.append({})
    if failed:
        print(done.stdout[-6000:])
    say(f"  {name}: {len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    count.add(len(cases) - failed - skipped, failed, skipped, name)


def unit(count):
    binaries = sorted({t["command"][0] for t in ctest_commands() if os.path.basename(t["command"][0]).startswith("unit_")})
    if not binaries:
        count.add(0, 1, 0, "no unit test was built")
    for binary in binaries:
        google_test(binary, count)


def sanitizers(count):
    """Builds take as long as a cold build each, hence --long."""
    for preset in ("asan", "tsan"):
        folder = f"{TREE}/build/{preset}"
        for command in (["cmake", "--preset", preset], ["cmake", "--build", folder]):
            say("  " + " ".join(command))
            done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TREE)
            if done.returncode:
                print(done.stdout[-6000:])
                count.add(0, 1, 0, f"the build of preset {preset}")
                break
        else:
            binaries = sorted(glob.glob(f"{folder}/tests/unit_*"))
            for binary in [b for b in binaries if os.access(b, os.X_OK) and os.path.isfile(b)]:
                google_test(binary, count)


def layering(count):
    for test in ctest_commands():
        command = test["command"]
        if os.path.basename(command[0]).startswith("unit_"):
            continue
        folder = next((p["value"] for p in test.get("properties", []) if p["name"] == "WORKING_DIRECTORY"), TREE)
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder)
        ok = done.returncode == 0
        say(f"  {test['name']}: {'ok' if ok else 'FAILED'}")
        if not ok:
            print(done.stdout[-3000:])
        count.add(int(ok), int(not ok), 0, test["name"])


def script(path, show):
    """Runs one. Returns (passed, failed, skipped)."""
    name = os.path.relpath(path, TREE)
    child = subprocess.Popen([path], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TREE,
                             stdin=subprocess.DEVNULL, errors="replace")
    limit = time.monotonic() + (LONG_LIMIT_SECONDS if os.environ.get("FAIRLEAD_LONG") else LIMIT_SECONDS)
    found = None
    for line in child.stdout:
        show("    " + line)
        found = SUM.match(line.strip()) or found
        if time.monotonic() > limit:
            child.terminate()
            break
    code = child.wait()
    passed, failed, skipped = map(int, found.groups()) if found else (0, 0, 0)
    if code != 0 and not failed or not found or passed + failed + skipped == 0:
        failed += 1
        show(f"  {name}: exit {code}" + ("" if found else ", no count") + "\n")
    return passed, failed, skipped


def tell(text):
    print(text, end="", flush=True)


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


class Pool:
    """Runs the shared scripts of several layers two at a time."""
    WORKERS = 2

    def __init__(self, counts, paths):
        """paths: layer -> its shared scripts."""
        self.counts = counts
        self.waiting = {layer: list(of_layer) for layer, of_layer in paths.items()}
        self.busy = set()
        self.changed = threading.Condition()

    def take(self):
        """The next (layer, path), of the first layer in SHARED that is not at work; None when nothing is left."""
        with self.changed:
            while any(self.waiting.values()):
                free = [layer for layer, paths in self.waiting.items() if paths and layer not in self.busy]
                if free:
                    layer = free[0]
                    self.busy.add(layer)
                    path = self.waiting[layer].pop(0)
                    say(f"  {os.path.relpath(path, TREE)} begins")
                    return layer, path
                self.changed.wait()
        return None

    def work(self):
        for layer, path in iter(self.take, None):
            lines, begun, name = [], time.monotonic(), os.path.relpath(path, TREE)
            try:
                result = script(path, lines.append)
                with self.changed:
                    say(f"  {name}, {time.monotonic() - begun:.0f} s:\n" + "".join(lines).rstrip("\n"))
                    self.counts[layer].add(*result, name)
            finally:
                with self.changed:
                    self.busy.discard(layer)
                    self.changed.notify_all()

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(self.WORKERS) as workers:
            for done in [workers.submit(self.work) for _ in range(self.WORKERS)]:
                done.result()


def split(layer, count):
    """(shared, alone): the paths of a layer's scripts."""
    paths, names = scripts_of(layer, count), SHARED.get(layer, ())
    for name in names:
        if f"{TREE}/tests/{layer}/{name}" not in paths:
            count.add(0, 1, 0, f"SHARED names tests/{layer}/{name}, which is no test")
    shared = [p for p in paths if os.path.basename(p) in names]
    return shared, [p for p in paths if p not in shared]


def alone(paths, count):
    for path in paths:
        name = os.path.relpath(path, TREE)
        say(f"  {name}")
        count.add(*script(path, tell), name)


def main():
    words = sys.argv[1:]
    if "--long" in words:
        os.environ["FAIRLEAD_LONG"] = "1"
    known = list(LAYERS) + (["sanitizers"] if "--long" in words else [])
    layers = [w for w in words if w != "--long"] or known
    unknown = [w for w in layers if w not in known]
    if unknown:
        sys.exit(f"no layer {' '.join(unknown)}; there are {' '.join(known)}")
    counts = {layer: Count() for layer in layers}
    special = {"unit": unit, "layering": layering, "sanitizers": sanitizers}
    shared, single = {}, {}
    for layer in [name for name in layers if name not in special]:
        shared[layer], single[layer] = split(layer, counts[layer])
    if sum(map(bool, shared.values())) < 2:
        single.update({layer: shared[layer] + single[layer] for layer in single})
        shared = {layer: [] for layer in shared}

    def run(layer):
        begun = time.monotonic()
        say(f"layer {layer}")
        special[layer](counts[layer]) if layer in special else alone(single[layer], counts[layer])
        say(f"layer {layer}: {counts[layer]} in {time.monotonic() - begun:.0f} s")

    for layer in [name for name in layers if name not in SHARED]:
        run(layer)
    if any(shared.values()):
        begun = time.monotonic()
        say("scripts that share the machine")
        Pool(counts, {layer: shared[layer] for layer in SHARED if layer in shared}).run()
        say(f"they took {time.monotonic() - begun:.0f} s; all so far: {Count.of(counts.values())}")
    for layer in [name for name in layers if name in SHARED]:
        run(layer)
    total = Count.of(counts.values())
    for line in total.failures:
        print(line)
    print(total, flush=True)
    skip_fails = os.environ.get("CI") == "true" and total.skipped
    return 1 if total.failed or skip_fails or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
