#!/usr/bin/python3
"""The demo notices what is wrong: each sabotage ends it with exit 1, by the rows that must fail and by no other."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from labkit.cases import Cases  # noqa: E402

# name -> rows that must fail, rows that may fail with them
WANTED = {
    "no-fence": ({"a.gone", "a.overlap", "a.answer"}, set()),
    "no-garp": ({"a.takeover", "a.said"}, {"a.outage"}),
    "wrong-status": ({"a.master"}, {"a.said"}),
}


def main():
    cases = Cases()
    for name, (must, may) in WANTED.items():
        with tempfile.TemporaryDirectory(prefix="fairlead-evidence-") as folder:
            code = subprocess.run([TREE + "/scripts/demo", "--sabotage", name, "--evidence", folder],
                                  check=False).returncode
            try:
                with open(folder + "/table.json") as file:
                    rows = json.load(file)["rows"]
            except (OSError, ValueError):
                rows = []
            failed = {r["key"] for r in rows if not r["ok"]}
            cases.check(f"--sabotage {name} exits with 1", code == 1, code)
            cases.check(f"--sabotage {name}: {' and '.join(sorted(must))} failed", must <= failed, sorted(failed))
            cases.check(f"--sabotage {name}: nothing unrelated failed", rows and failed <= must | may, sorted(failed))
            again = subprocess.run([TREE + "/tests/lab/recompute", folder, "--compare"], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            cases.check(f"--sabotage {name}: the recomputed table says the same", rows and again.returncode == 0,
                        "\n" + "\n".join(again.stdout.splitlines()[-8:]) if again.returncode else "")
    cases.finish()


if __name__ == "__main__":
    main()
