"""Programs that sanitizers watch: each preset is built once in a run, and what a sanitizer has to say goes to files, whoever's
log the program writes to, so that it is found wherever it was said."""
import functools
import glob
import os
import subprocess
import tempfile

from report import say

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PRESETS = ("asan", "tsan")
UNIT_TARGETS = ("unit_tests", "planted_faults")  # of the layer sanitizers
# What tests/api uses.
API_TARGETS = ("fairlead-controller", "fairlead-node", "api_client", "relay", "netwatch", "vrrp_runner", "forget_tag", "skew_clock",
               "planted_faults")
# Each has to be found by its preset, by the words that it is reported with; else nobody would know that nothing is.
PLANTED = {"asan": {"use-after-free": "AddressSanitizer: heap-use-after-free", "leak": "LeakSanitizer: detected memory leaks",
                    "overflow": "runtime error: signed integer overflow"},
           "tsan": {"race": "ThreadSanitizer: data race"}}


@functools.cache
def build(preset, targets):
    """The folder of the build, None where it fails, which is shown."""
    folder = f"{TREE}/build/{preset}"
    for command in (["cmake", "--preset", preset], [f"{TREE}/scripts/build", *targets]):
        say("  " + " ".join(command))
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TREE,
                              env={**os.environ, "FAIRLEAD_BUILD": folder})
        if done.returncode:
            print(done.stdout[-6000:])
            return None
    return folder


class Reports:
    """A folder to which every program says what its sanitizer has found. To be used with `with`."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-reports-")
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def environment(self):
        path = f"log_path={self.folder.name}/report"
        # A preloaded library comes before the runtime of ASan, which is no fault of the program. UBSan goes by its own log_path.
        return {"ASAN_OPTIONS": f"{path}:detect_leaks=1:verify_asan_link_order=0", "LSAN_OPTIONS": f"suppressions={TREE}/tests/lsan.txt",
                "UBSAN_OPTIONS": f"{path}:print_stacktrace=1",
                "TSAN_OPTIONS": f"{path}:suppressions={TREE}/tests/tsan.txt:second_deadlock_stack=1"}

    def taken(self):
        """What was said since the last time, a text for each process."""
        out = []
        for path in sorted(glob.glob(self.folder.name + "/report*")):
            with open(path, errors="replace") as file:
                out.append(file.read())
            os.remove(path)
        return out


def lines_of(text):
    """The one line that says what it is, and where: the first frames that are not the sanitizer's."""
    lines = [line.strip() for line in text.splitlines()]
    heads = [line for line in lines if "Sanitizer:" in line or "runtime error:" in line]
    frames = [line for line in lines if line.startswith("#") and "/sanitizer" not in line]
    return " ".join([*heads[:1], *frames[:4]]) or text[:300]


def add_reports(reports, count, where):
    """Each is a failed case, and is shown."""
    found = reports.taken()
    for text in found:
        print(text[:6000], flush=True)
    if found:
        count.add(0, len(found), 0, f"{where}: a sanitizer's reports", [lines_of(text) for text in found])


def _planted(preset, folder, reports, count):
    for fault, words in PLANTED[preset].items():
        subprocess.run([f"{folder}/support/planted_faults", fault], env={**os.environ, **reports.environment()},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = any(words in text for text in reports.taken())
        say(f"  planted {fault}: {'found' if found else 'NOT FOUND'}")
        count.add(int(found), int(not found), 0, f"preset {preset} does not find the planted {fault}")


def with_preset(preset, targets, count, work):
    """Calls work(folder of the build, variables that each program needs, judge); judge(where) belongs behind each that ran."""
    folder = build(preset, targets)
    if folder is None:
        count.add(0, 1, 0, f"the build of preset {preset}")
        return
    with Reports() as reports:
        _planted(preset, folder, reports, count)
        work(folder, reports.environment(), lambda where: add_reports(reports, count, f"{where} of preset {preset}"))
