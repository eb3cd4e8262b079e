"""Counts the cases of a test script and ends it the way scripts/test reads: `N passed, N failed, N skipped`."""
import sys


class Cases:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, ok, detail=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok' if ok else 'FAILED'}: {name}" + (f": {detail}" if detail != "" else ""), flush=True)
        return bool(ok)

    def skip(self, name, why):
        self.skipped += 1
        print(f"SKIPPED: {name}: {why}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        sys.exit(1 if self.failed or not self.passed + self.skipped else 0)
