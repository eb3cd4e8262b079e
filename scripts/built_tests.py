"""The tests that CMake builds or knows: what run_layers.py calls the layers unit, layering and sanitizers."""
import glob
import json
import os
import subprocess
import tempfile

from report import say
from sanitized import PRESETS, UNIT_TARGETS, with_preset

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ["FAIRLEAD_BUILD"]


def ctest_commands():
    shown = subprocess.run(["ctest", "--test-dir", BUILD, "--show-only=json-v1"], text=True, stdout=subprocess.PIPE,
                           check=True)
    return [t for t in json.loads(shown.stdout)["tests"] if t.get("command")]


def google_test(binary, count, environment=None):
    """Runs one binary; its own report says which cases ran. environment: more variables."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([binary, f"--gtest_output=json:{folder}/report.json", "--gtest_brief=1"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TREE, env={**os.environ, **(environment or {})})
        name = os.path.basename(binary)
        try:
            with open(folder + "/report.json") as file:
                suites = json.load(file)["testsuites"]
        except (OSError, ValueError):
            print(done.stdout[-3000:])
            count.add(0, 1, 0, f"{name} ended with {done.returncode} and without a report")
            return
    cases = [c for s in suites for c in s["testsuite"]]
    bad = [f"{c['classname']}.{c['name']}: {c['failures'][0].get('failure', '')}" for c in cases if c.get("failures")]
    failed = len(bad)
    skipped = sum(1 for c in cases if c.get("result") == "SKIPPED" or c.get("status") == "NOTRUN")
    if done.returncode != 0 and not failed:
        failed = 1
        cases.append({})
    if failed:
        print(done.stdout[-6000:])
    say(f"  {name}: {len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    count.add(len(cases) - failed - skipped, failed, skipped, name, [" ".join(line.split()) for line in bad])


def unit(count):
    binaries = sorted({t["command"][0] for t in ctest_commands() if os.path.basename(t["command"][0]).startswith("unit_")})
    if not binaries:
        count.add(0, 1, 0, "no unit test was built")
    for binary in binaries:
        google_test(binary, count)


def sanitizers(count):
    """Builds take as long as a cold build each, hence --long."""
    def run(folder, variables, judge):
        binaries = sorted(glob.glob(f"{folder}/tests/unit_*"))
        for binary in [b for b in binaries if os.access(b, os.X_OK) and os.path.isfile(b)]:
            google_test(binary, count, variables)
            judge(os.path.basename(binary))
    for preset in PRESETS:
        with_preset(preset, UNIT_TARGETS, count, run)


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
