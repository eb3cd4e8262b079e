#!/usr/bin/python3
"""Fairlead and keepalived 2.2.7 side by side in one run: a table with ratios, and the same as JSON. Not a test of scripts/test: it
takes the machine to itself, and its figures are that machine's; hold on to the ratios.

vrrp.py [--rows cpu,deaths,lateness,checks] [--groups 50,255] [--intervals 1000,250,100] [--seconds 6] [--json FILE]

cpu       processor and memory of Master and Backup. "no fence": fairlead-node --no-finer-fence less what its calls to rtnetlink
          take, which are the renewals of lifetimes; "fence": the rest of the whole
deaths    255 groups of 1 s lose their Master: power (link and process in one moment), kill -9, SIGTERM, SIGSTOP for 8 s
lateness  how much later than its interval an advert follows the one before: quiet, beside busy loops, under a flood
checks    how long until a TCP check has a dead server out, and one that is back in: where the kernel has IPVS, else in a guest

Exit code 1 if a line misses what must be reached, or could not be measured. Needs root, keepalived, and what scripts/build builds."""
import argparse
import importlib
import os
import sys
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/bench/vrrp", TREE + "/tests/interop"]
import table  # noqa: E402
from world import World  # noqa: E402

ROWS = ("cpu", "deaths", "lateness", "checks")


def numbers(text):
    return [int(word) for word in text.split(",")]


def options():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rows", type=lambda text: text.split(","), default=list(ROWS))
    parser.add_argument("--groups", type=numbers, default=[50, 255])
    parser.add_argument("--intervals", type=numbers, default=[1000, 250, 100])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--json")
    told = parser.parse_args()
    if set(told.rows) - set(ROWS):
        parser.error(f"rows are {', '.join(ROWS)}")
    return told


def main():
    told, begun = options(), time.monotonic()
    if os.geteuid() != 0:
        sys.exit("needs root, for network namespaces")
    about, lines = table.machine(), []
    print(f"load {about['load']}, {about['cores']} processors, kernel {about['kernel']}", flush=True)
    with World("bench") as world:
        for row in told.rows:
            for line in importlib.import_module(row).lines(world, told):
                print("  ".join(cell for cell in line.cells() if cell), flush=True)
                lines.append(line)
    print(f"\n{table.as_text(lines)}\n\n{time.monotonic() - begun:.0f} s")
    if told.json:
        with open(told.json, "w") as file:
            file.write(table.as_json(lines, about) + "\n")
    sys.exit(any(line.met is False for line in lines))


if __name__ == "__main__":
    main()
