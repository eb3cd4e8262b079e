#!/usr/bin/python3
"""Runs the simulations, of the nodes' segment and of the controller's cluster: first the kept scenarios that failed once,
then the planted bugs, then fresh seeds.

    simulation.py [sim|sim_controller]      one of them; both if none is named

A case is a kept scenario, a planted bug, some seeds played one by one, or a batch of seeds. A planted bug must be found
by the promise that its file names, which alone is judged then. Seeds: 10,000 of the segment and 1,000 of the cluster, with
FAIRLEAD_LONG=1 a hundred times and twenty times as many, of which FAIRLEAD_SIM_PART=K/N plays the K-th of N parts; or
FAIRLEAD_SIM_SEEDS=FIRST:COUNT. A seed that fails is made smaller and kept in the corpus (tests/sim/corpus,
tests/sim/controller/corpus): mend the fault and commit the file with it, then it is played at every run.
"""
import concurrent.futures
import dataclasses
import glob
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("FAIRLEAD_BUILD", f"{TREE}/build/release")
WORKERS = os.cpu_count() or 1
SEEDS_FOR_A_BUG = 3000
SEEDS_REPLAYED = 20
COUNTS = re.compile(r"^scenarios .*$", re.MULTILINE)
SECONDS = 3600


@dataclasses.dataclass(frozen=True)
class Simulation:
    """A program of that name in build/<preset>/sim, and its folder here."""
    name: str
    folder: str
    seeds: int
    seeds_long: int

    @property
    def program(self):
        return f"{BUILD}/sim/{self.name}"

    @property
    def corpus(self):
        return f"{self.folder}/corpus"


SIMULATIONS = (Simulation("sim", HERE, 10000, 1000000), Simulation("sim_controller", f"{HERE}/controller", 1000, 20000))


def program(*words):
    begun = time.monotonic()
    try:
        done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    except subprocess.TimeoutExpired as late:
        out = late.stdout.decode() if late.stdout else ""
        return 1, f"{out}{' '.join(words)}: not through after {SECONDS} s\n", SECONDS
    return done.returncode, done.stdout, time.monotonic() - begun


def kept_scenario(of, path):
    code, out, _ = program(of.program, "file", path)
    return code == 0, f"{of.name}: kept {os.path.basename(path)}" + ("" if code == 0 else "\n" + out)


def planted_bug(of, path):
    bug = os.path.basename(path).removesuffix(".plant")
    promises = subprocess.run([sys.executable, f"{HERE}/plant.py", "--found", path], text=True, stdout=subprocess.PIPE,
                              check=True).stdout.split()
    code, out, seconds = program(f"{of.program}_planted_{bug}", "find", "1", str(SEEDS_FOR_A_BUG),
                                 "only=" + ",".join(promises))
    found = re.search(r"^seed (\d+): (\S+) (.*)$", out, re.MULTILINE)
    if code != 1 or not found:
        return False, f"{of.name}: planted bug {bug} breaks {' or '.join(promises)} in none of {SEEDS_FOR_A_BUG} seeds\n{out}"
    return True, f"{of.name}: planted bug {bug}: found by seed {found[1]} in {seconds:.1f} s, {found[2]} {found[3]}"


def replayed(of, first):
    """Seeds one by one, with a trace, come to the same as in a batch: else a seed that fails could not be looked at."""
    alone = {}
    for seed in range(first, first + SEEDS_REPLAYED):
        for name, number in counted(program(of.program, "seed", str(seed), "trace")[1]).items():
            alone[name] = alone.get(name, 0) + number
    together = counted(program(of.program, "seeds", str(first), str(SEEDS_REPLAYED))[1])
    # Whole seconds of each, or of the sum.
    differ = [name for name in together if name != "virtual-seconds" and together[name] != alone.get(name)]
    what = f"{of.name}: seeds {first}..{first + SEEDS_REPLAYED - 1} one by one do what they do in a batch"
    if not together or differ:
        return False, f"{what}: {alone}, {together}"
    return True, what


def counted(out):
    counts = COUNTS.search(out)
    words = counts[0].split() if counts else []
    return {name: int(number) for name, number in zip(words[::2], words[1::2])}


def batch(of, first, count, sums):
    code, out, seconds = program(of.program, "seeds", str(first), str(count), "keep=" + of.corpus)
    counts = counted(out)
    if counts:
        for name, number in counts.items():
            sums[name] = sums.get(name, 0) + number
        kinds = re.search(r"^faults: (.*)$", out, re.MULTILINE)
        for pair in kinds[1].split() if kinds else []:
            name, number = pair.split("=")
            sums["of " + name] = sums.get("of " + name, 0) + int(number)
    return code == 0 and bool(counts), f"{of.name}: seeds {first}..{first + count - 1}: {seconds:.1f} s" + (
        "" if code == 0 else "\n" + out)


def wanted(of):
    """The first seed and how many."""
    if "FAIRLEAD_SIM_SEEDS" in os.environ:
        first, count = map(int, os.environ["FAIRLEAD_SIM_SEEDS"].split(":"))
        return first, count
    whole = of.seeds_long if os.environ.get("FAIRLEAD_LONG") == "1" else of.seeds
    part, parts = map(int, os.environ.get("FAIRLEAD_SIM_PART", "1/1").split("/"))
    if not 1 <= part <= parts:
        sys.exit("FAIRLEAD_SIM_PART is K/N, with K from 1 to N")
    first = 1 + whole * (part - 1) // parts
    return first, 1 + whole * part // parts - first


def batches(of):
    first, count = wanted(of)
    size = max(1, min(10000, count // 10))
    return [(at, min(size, first + count - at)) for at in range(first, first + count, size)]


def submitted(of, pool, sums):
    """In this order: what failed once comes first."""
    os.makedirs(of.corpus, exist_ok=True)
    plants = sorted(glob.glob(f"{of.folder}/planted/*.plant"))
    if not plants:
        sys.exit(f"{of.name}: no planted bug")
    out = [pool.submit(kept_scenario, of, path) for path in sorted(glob.glob(f"{of.corpus}/*.scenario"))]
    out += [pool.submit(planted_bug, of, path) for path in plants]
    out.append(pool.submit(replayed, of, wanted(of)[0]))
    return out + [pool.submit(batch, of, first, count, sums) for first, count in batches(of)]


def main():
    names = [of.name for of in SIMULATIONS]
    if len(sys.argv) > 2 or not set(sys.argv[1:]) <= set(names):
        sys.exit(__doc__)
    passed = failed = 0
    for of in SIMULATIONS:
        if of.name not in (sys.argv[1:] or names):
            continue
        sums, begun = {}, time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for result in submitted(of, pool, sums):
                ok, text = result.result()
                print(("ok      " if ok else "FAILED  ") + text, flush=True)
                passed, failed = passed + ok, failed + (not ok)
        print(of.name + ": " + ", ".join(f"{number} {name}" for name, number in sums.items() if not name.startswith("of ")))
        print("faults: " + ", ".join(f"{n} {name[3:]}" for name, n in sums.items() if name.startswith("of ")))
        print(f"{time.monotonic() - begun:.0f} s", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
