#!/usr/bin/python3
"""scripts/demo, whole: every row of its table is a case, and the table recomputed from the evidence says the same."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from labkit import net  # noqa: E402
from labkit.cases import Cases  # noqa: E402


def namespaces():
    """The demo's own now: a test beside it has others."""
    listed = subprocess.run(["ip", "netns", "list"], text=True, stdout=subprocess.PIPE, check=True).stdout
    return set(listed.split()) & {*net.Layout().namespaces(), *net.HOST_KERNEL_LAYOUT.namespaces()}


def main():
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="fairlead-evidence-") as folder:
        code = subprocess.run([TREE + "/scripts/demo", "--evidence", folder], check=False).returncode
        try:
            with open(folder + "/table.json") as file:
                rows = json.load(file)["rows"]
        except (OSError, ValueError):
            rows = []
        for row in rows:
            cases.check(row["check"], row["ok"], f"{row['measured']} (wanted: {row['gate']})")
        cases.check("scripts/demo exits with 0", code == 0, code)
        left = namespaces()
        cases.check("none of its namespaces is left", not left, sorted(left))
        again = subprocess.run([TREE + "/tests/lab/recompute", folder, "--compare"], text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
        cases.check("the table recomputed from the evidence is the same", rows and again.returncode == 0,
                    "\n" + "\n".join(again.stdout.splitlines()[-12:]) if again.returncode else "")
    cases.finish()


if __name__ == "__main__":
    main()
