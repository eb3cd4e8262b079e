#!/usr/bin/python3
"""What a round of the controller costs with many Services, allocation and all: figures, no verdict.

rounds.py [SERVICES ...]      1000 3000 10000 30000 by default; needs bench_rounds built

One life of so many Services, each without an address of its own, then one with externalTrafficPolicy Local (tests/bench/rounds/main.cc): the rounds as they come, in
milliseconds of processor, and microseconds for each Service, which stay about as they are where the cost grows with their
number and not with its square; memory for each Service in KiB. What is under 20 ms is too small to say."""
import os
import subprocess
import sys

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release") + "/bench/bench_rounds"
PARTS = ("decide", "tell", "write")


def life(services):
    """[{"round": name, "decide": ms, ...}]"""
    lines = subprocess.run([BENCH, str(services)], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    return [dict(word.split("=") for word in line.split()) for line in lines]


def main():
    sizes = [int(word) for word in sys.argv[1:]] or [1000, 3000, 10000, 30000]
    lives = {}
    for services in sizes:
        lives[services] = life(services)
        print(f"{services} Services")
        for each in lives[services]:
            ms = {part: float(each[part]) for part in PARTS}
            print(f"  {each['round']:12}" + "".join(f"{part} {ms[part]:8.1f} ms  " for part in PARTS) +
                  f"{sum(ms.values()) * 1000 / services:7.1f} us for each   {each['writes']:>6} writes  {each['groups']:>3} groups  "
                  f"resident {each['resident']:>4} MiB, peak {each['peak']:>4} MiB", flush=True)
    if len(sizes) < 2:
        return
    few, many = lives[sizes[0]], lives[sizes[-1]]
    print(f"decide for each Service, {sizes[-1]} to {sizes[0]} (1 is linear, {sizes[-1] / sizes[0]:.0f} quadratic)")
    for one, other in zip(few, many):
        a, b = float(one["decide"]) / sizes[0], float(other["decide"]) / sizes[-1]
        print(f"  {one['round']:12}{b / a if a else 0:6.2f}")
    still = {size: next(each for each in lives[size] if each["round"] == "still") for size in (sizes[0], sizes[-1])}
    grown = float(still[sizes[-1]]["resident"]) - float(still[sizes[0]]["resident"])
    print(f"memory for each Service: {grown * 1024 / (sizes[-1] - sizes[0]):.1f} KiB")


if __name__ == "__main__":
    main()
