#!/usr/bin/python3
"""The finer fence on Debian's own kernel, in a virtual machine: what tests/netns asks of it on this one; with FAIRLEAD_LONG=1 two
daemons, too, whose Master is stopped in each way once (scripts/demo kills one there at every run). The guest is prepared as a
node is. It is emulated, so that it is asked less often than here."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from labkit.cases import Cases  # noqa: E402

VM = TREE + "/tests/lab/vm/run"
BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
SCRIPTS = (("finefence_test.py",), *([("twonodes_test.py", "1")] if os.environ.get("FAIRLEAD_LONG") == "1" else []))
LIMIT_SECONDS = 400
SLOW = "10"
VERDICT = re.compile(r"^(ok|FAILED|SKIPPED): (.*)$")
SUM = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


def inside():
    """In the guest: a node is prepared, then each test says its own lines."""
    prepared = subprocess.run([BUILD + "/node/fairlead-node", "prepare-host"], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    said = prepared.stdout.strip().replace("\n", "; ")
    print(f"prepared {os.uname().release} {prepared.returncode} {said}", flush=True)
    for script, *words in SCRIPTS:
        print(f"begin {script}", flush=True)
        subprocess.run([f"{TREE}/tests/netns/{script}", *words], stderr=subprocess.STDOUT)


def sections(text):
    """{script: its lines}; what comes before the first is of "guest"."""
    out, name = {"guest": []}, "guest"
    for line in text.splitlines():
        if line.startswith("begin "):
            name = line.removeprefix("begin ")
            out[name] = []
        else:
            out[name].append(line)
    return out


def take_over(cases, script, lines):
    """Its verdicts as ours. Not told to its end: as many as its own count says, and its last lines."""
    verdicts = [found.groups() for found in map(VERDICT.match, lines) if found]
    sums = [found for found in map(SUM.match, lines) if found]
    for word, text in verdicts:
        if word == "SKIPPED":
            cases.skip(f"guest: {script}: {text}", "in the guest, too")
        else:
            cases.check(f"guest: {script}: {text}", word == "ok")
    whole = sums and verdicts and sum(map(int, sums[-1].groups())) == len(verdicts)
    cases.check(f"guest: {script}: told to its end", whole, len(verdicts) if whole else lines[-15:])


def main():
    if os.environ.get("FENCE_TEST_INSIDE"):
        inside()
        return
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("the finer fence in a virtual machine", "needs root")
        cases.finish()
    passed = {"FENCE_TEST_INSIDE": "1", "FAIRLEAD_BUILD": BUILD, "FAIRLEAD_SLOW": SLOW,
              "FAIRLEAD_LONG": os.environ.get("FAIRLEAD_LONG", "")}
    words = [word for name in passed for word in ("--env", name)]
    child = subprocess.run([VM, "--timeout", str(LIMIT_SECONDS), *words, "--", os.path.abspath(__file__)], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, **passed), errors="replace")
    told = sections(child.stdout)
    prepared = next((x.split(" ", 3) for x in told["guest"] if x.startswith("prepared ")), None)
    cases.check("guest: its kernel is prepared for a node", prepared and prepared[2] == "0",
                prepared[1] if prepared and prepared[2] == "0" else (prepared, child.returncode, child.stderr[-2000:]))
    for script, *_ in SCRIPTS:
        take_over(cases, script, told.get(script, []))
    cases.finish()


if __name__ == "__main__":
    main()
