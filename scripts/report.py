"""What run_layers.py says, and what it counts."""
import time

BEGUN = time.monotonic()
MOST_CASES = 10  # told once more at the end, of one script
MOST_CHARACTERS = 1600  # of each: its beginning and its end
BEGINNING = 300


def say(text):
    print(f"[{time.monotonic() - BEGUN:6.1f} s] {text}", flush=True)


def cut(text):
    if len(text) <= MOST_CHARACTERS:
        return text
    mark = " [...] "
    return text[:BEGINNING] + mark + text[BEGINNING + len(mark) - MOST_CHARACTERS:]


def tell(text):
    print(text, end="", flush=True)


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []  # a line each, the failed cases of a script below it

    @staticmethod
    def of(counts):
        total = Count()
        for one in counts:
            total.passed, total.failed, total.skipped = (total.passed + one.passed, total.failed + one.failed,
                                                         total.skipped + one.skipped)
            total.failures += one.failures
        return total

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def add(self, passed, failed, skipped, where, cases=()):
        """cases: lines about the failed ones; the last page of a log is often all that is left of it."""
        self.passed, self.failed, self.skipped = self.passed + passed, self.failed + failed, self.skipped + skipped
        if failed:
            self.failures.append(f"{where}: {failed} failed")
            self.failures += [f"  {cut(case)}" for case in list(cases)[:MOST_CASES]]
        if skipped:
            self.failures.append(f"{where}: {skipped} skipped")
