#!/usr/bin/python3
"""Runs the simulation: first the kept scenarios that failed once, then the planted bugs, then fresh seeds.

A case is a kept scenario, a planted bug, some seeds played one by one, or a batch of seeds. A planted bug must be found
by the promise that its file names, which alone is judged then. Seeds: 10,000, with FAIRLEAD_LONG=1 a million, of which
FAIRLEAD_SIM_PART=K/N plays the K-th of N parts; or FAIRLEAD_SIM_SEEDS=FIRST:COUNT. A seed that fails is made smaller and
kept in tests/sim/corpus: mend the fault and commit the file with it, then it is played at every run.
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("FAIRLEAD_BUILD", f"{TREE}/build/release")
SIM = f"{BUILD}/sim/sim"
CORPUS = f"{HERE}/corpus"
WORKERS = os.cpu_count() or 1
SEEDS_FOR_A_BUG = 3000
SEEDS_REPLAYED = 20
COUNTS = re.compile(r"^scenarios .*$", re.MULTILINE)
SECONDS = 3600


def program(*words):
    begun = time.monotonic()
    try:
        done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    except subprocess.TimeoutExpired as late:
        out = late.stdout.decode() if late.stdout else ""
        return 1, f"{out}{' '.join(words)}: not through after {SECONDS} s\n", SECONDS
    return done.returncode, done.stdout, time.monotonic() - begun


def kept_scenario(path):
    code, out, _ = program(SIM, "file", path)
    return code == 0, f"kept {os.path.basename(path)}" + ("" if code == 0 else "\n" + out)


def planted_bug(path):
    bug = os.path.basename(path).removesuffix(".plant")
    promises = subprocess.run([sys.executable, f"{HERE}/plant.py", "--found", path], text=True, stdout=subprocess.PIPE,
                              check=True).stdout.split()
    code, out, seconds = program(f"{BUILD}/sim/sim_planted_{bug}", "find", "1", str(SEEDS_FOR_A_BUG),
                                 "only=" + ",".join(promises))
    found = re.search(r"^seed (\d+): (\S+) (.*)$", out, re.MULTILINE)
    if code != 1 or not found:
        return False, f"planted bug {bug} breaks {' or '.join(promises)} in none of {SEEDS_FOR_A_BUG} seeds\n{out}"
    return True, f"planted bug {bug}: found by seed {found[1]} in {seconds:.1f} s, {found[2]} {found[3]}"


def replayed(first):
    """Seeds one by one, with a trace, come to the same as in a batch: else a seed that fails could not be looked at."""
    alone = {}
    for seed in range(first, first + SEEDS_REPLAYED):
        for name, number in counted(program(SIM, "seed", str(seed), "trace")[1]).items():
            alone[name] = alone.get(name, 0) + number
    together = counted(program(SIM, "seeds", str(first), str(SEEDS_REPLAYED))[1])
    # Whole seconds of each, or of the sum.
    differ = [name for name in together if name != "virtual-seconds" and together[name] != alone.get(name)]
    what = f"seeds {first}..{first + SEEDS_REPLAYED - 1} one by one do what they do in a batch"
    if not together or differ:
        return False, f"{what}: {alone}, {together}"
    return True, what


def counted(out):
    counts = COUNTS.search(out)
    words = counts[0].split() if counts else []
    return {name: int(number) for name, number in zip(words[::2], words[1::2])}


def batch(first, count, sums):
    code, out, seconds = program(SIM, "seeds", str(first), str(count), "keep=" + CORPUS)
    counts = counted(out)
    if counts:
        for name, number in counts.items():
            sums[name] = sums.get(name, 0) + number
        kinds = re.search(r"^faults: (.*)$", out, re.MULTILINE)
        for pair in kinds[1].split() if kinds else []:
            name, number = pair.split("=")
            sums["of " + name] = sums.get("of " + name, 0) + int(number)
    return code == 0 and bool(counts), f"seeds {first}..{first + count - 1}: {seconds:.1f} s" + (
        "" if code == 0 else "\n" + out)


def wanted():
    """The first seed and how many."""
    if "FAIRLEAD_SIM_SEEDS" in os.environ:
        first, count = map(int, os.environ["FAIRLEAD_SIM_SEEDS"].split(":"))
        return first, count
    whole = 1000000 if os.environ.get("FAIRLEAD_LONG") == "1" else 10000
    part, parts = map(int, os.environ.get("FAIRLEAD_SIM_PART", "1/1").split("/"))
    if not 1 <= part <= parts:
        sys.exit("FAIRLEAD_SIM_PART is K/N, with K from 1 to N")
    first = 1 + whole * (part - 1) // parts
    return first, 1 + whole * part // parts - first


def batches():
    first, count = wanted()
    size = max(1, min(10000, count // 10))
    return [(at, min(size, first + count - at)) for at in range(first, first + count, size)]


def main():
    os.makedirs(CORPUS, exist_ok=True)
    passed = failed = 0
    sums, begun = {}, time.monotonic()
    plants = sorted(glob.glob(f"{HERE}/planted/*.plant"))
    if not plants:
        sys.exit("no planted bug")
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        # In this order: what failed once comes first.
        results = [pool.submit(kept_scenario, path) for path in sorted(glob.glob(f"{CORPUS}/*.scenario"))]
        results += [pool.submit(planted_bug, path) for path in plants]
        results.append(pool.submit(replayed, wanted()[0]))
        results += [pool.submit(batch, first, count, sums) for first, count in batches()]
        for result in results:
            ok, text = result.result()
            print(("ok      " if ok else "FAILED  ") + text, flush=True)
            passed, failed = passed + ok, failed + (not ok)
    print(", ".join(f"{number} {name}" for name, number in sums.items() if not name.startswith("of ")))
    print("faults: " + ", ".join(f"{n} {name[3:]}" for name, n in sums.items() if name.startswith("of ")))
    print(f"{time.monotonic() - begun:.0f} s")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
