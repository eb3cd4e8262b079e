#!/usr/bin/python3
"""Fuzz targets with AddressSanitizer and UndefinedBehaviorSanitizer: builds them (preset fuzz), replays the corpus.

    run.py                    every file of tests/fuzz/corpus/<target>, a case each; with FAIRLEAD_LONG=1 each
                              target then searches for 15 minutes (a case each)
    run.py TARGET SECONDS     searches with one target; what it finds stays in build/fuzz/found

Ends with the line `N passed, N failed, N skipped`. A file found by a search belongs into the corpus, with the mend.
"""
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


def replay(target, files):
    """Runs every file once; those that crash."""
    failed = []
    while files:
        done = run(target, files)
        ran = RUNNING.findall(done.stdout)
        if done.returncode == 0 and len(ran) == len(files):
            return failed
        bad = ran[-1] if ran else files[0]
        print(done.stdout[-6000:])
        failed.append(bad)
        files = files[files.index(bad) + 1:]
    return failed


def search(target, seconds):
    """True if nothing was found."""
    for folder in ("found", f"corpus/{target}"):
        os.makedirs(f"{BUILD}/{folder}", exist_ok=True)
    done = run(target, [f"-max_total_time={seconds}", f"-artifact_prefix={BUILD}/found/", f"{BUILD}/corpus/{target}",
                        f"{CORPUS}/{target}"])
    print("\n".join(done.stdout.splitlines()[-40 if done.returncode else -1:]))
    return done.returncode == 0


def main():
    if not build():
        print("the fuzz targets were not built\n0 passed, 1 failed, 0 skipped")
        return 1
    targets = sorted(name.removeprefix("fuzz_") for name in os.listdir(f"{BUILD}/tests/fuzz")
                     if name.startswith("fuzz_") and os.access(f"{BUILD}/tests/fuzz/{name}", os.X_OK)
                     and os.path.isfile(f"{BUILD}/tests/fuzz/{name}"))
    if len(sys.argv) > 2:
        return 0 if search(sys.argv[1], int(sys.argv[2])) else 1
    passed = failed = 0
    for target in targets:
        folder = f"{CORPUS}/{target}"
        files = [f"{folder}/{name}" for name in sorted(os.listdir(folder))] if os.path.isdir(folder) else []
        bad = replay(target, files)
        for name in bad:
            print(f"FAILED {os.path.relpath(name, TREE)}")
        if not files:
            print(f"FAILED {target} has no corpus")
        passed, failed = passed + len(files) - len(bad), failed + len(bad) + (not files)
        print(f"{target}: {len(files) - len(bad)} of {len(files)} files", flush=True)
        if os.environ.get("FAIRLEAD_LONG"):
            found_nothing = search(target, SECONDS)
            print(f"{target}: searched for {SECONDS} s, {'found nothing' if found_nothing else 'FOUND something'}")
            passed, failed = passed + found_nothing, failed + (not found_nothing)
    failed += not targets
    print(f"{passed} passed, {failed} failed, 0 skipped", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
