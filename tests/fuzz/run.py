#!/usr/bin/python3
"""Fuzz targets with AddressSanitizer and UndefinedBehaviorSanitizer: builds them (preset fuzz), replays the corpus.

    run.py                    every file of tests/fuzz/corpus/<target>, a case each; with FAIRLEAD_LONG=1 each
                              target then searches for 15 minutes (a case each); as many at a time as there are
                              processors
    run.py TARGET SECONDS     searches with one target; what it finds stays in build/fuzz/found

Ends with the line `N passed, N failed, N skipped`. A file found by a search belongs into the corpus, with the mend.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = f"{TREE}/build/fuzz"
CORPUS = f"{TREE}/tests/fuzz/corpus"
SECONDS = 900
LIMITS = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=4200"]
RUNNING = re.compile(r"^Running: (.*)$", re.MULTILINE)


def build():
    """As scripts/build, with the same compiler cache. True if it went well."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    env = {"CCACHE_DIR": f"{cache}/fairlead/ccache", "CCACHE_BASEDIR": TREE, "CCACHE_NOHASHDIR": "1"} | os.environ
    for command in (["cmake", "--preset", "fuzz"], ["cmake", "--build", "--preset", "fuzz"]):
        done = subprocess.run(command, cwd=TREE, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            print(done.stdout[-6000:])
            return False
    return True


def run(target, arguments):
    return subprocess.run([f"{BUILD}/tests/fuzz/fuzz_{target}", *LIMITS, *arguments], text=True, errors="replace",
                          cwd=BUILD, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def replay(target, files, told):
    """Runs every file once; those that crash. told: gets what is to be printed."""
    failed = []
    while files:
        done = run(target, files)
        ran = RUNNING.findall(done.stdout)
        if done.returncode == 0 and len(ran) == len(files):
            return failed
        bad = ran[-1] if ran else files[0]
        told.append(done.stdout[-6000:])
        failed.append(bad)
        files = files[files.index(bad) + 1:]
    return failed


def search(target, seconds, told):
    """True if nothing was found. told: as for replay."""
    for folder in ("found", f"corpus/{target}"):
        os.makedirs(f"{BUILD}/{folder}", exist_ok=True)
    done = run(target, [f"-max_total_time={seconds}", f"-artifact_prefix={BUILD}/found/", f"{BUILD}/corpus/{target}",
                        f"{CORPUS}/{target}"])
    told += done.stdout.splitlines()[-40 if done.returncode else -1:]
    return done.returncode == 0


def judged(target):
    """(passed, failed, text) of its corpus, and of its search if there is time for one."""
    folder, told = f"{CORPUS}/{target}", []
    files = [f"{folder}/{name}" for name in sorted(os.listdir(folder))] if os.path.isdir(folder) else []
    bad = replay(target, files, told)
    told += [f"FAILED {os.path.relpath(name, TREE)}" for name in bad]
    if not files:
        told.append(f"FAILED {target} has no corpus")
    passed, failed = len(files) - len(bad), len(bad) + (not files)
    told.append(f"{target}: {passed} of {len(files)} files")
    if os.environ.get("FAIRLEAD_LONG"):
        found_nothing = search(target, SECONDS, told)
        told.append(f"{target}: searched for {SECONDS} s, {'found nothing' if found_nothing else 'FOUND something'}")
        passed, failed = passed + found_nothing, failed + (not found_nothing)
    return passed, failed, "\n".join(told)


def main():
    if not build():
        print("the fuzz targets were not built\n0 passed, 1 failed, 0 skipped")
        return 1
    targets = sorted(name.removeprefix("fuzz_") for name in os.listdir(f"{BUILD}/tests/fuzz")
                     if name.startswith("fuzz_") and os.access(f"{BUILD}/tests/fuzz/{name}", os.X_OK)
                     and os.path.isfile(f"{BUILD}/tests/fuzz/{name}"))
    if len(sys.argv) > 2:
        told = []
        found_nothing = search(sys.argv[1], int(sys.argv[2]), told)
        print("\n".join(told))
        return 0 if found_nothing else 1
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for good, bad, text in pool.map(judged, targets):
            print(text, flush=True)
            passed, failed = passed + good, failed + bad
    failed += not targets
    print(f"{passed} passed, {failed} failed, 0 skipped", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
