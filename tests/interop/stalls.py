"""When a processor stood still: a thread of a real-time class on each, which sleeps 5 ms and looks at the clock. The host of a
machine that is a guest may have taken the processor away, or the kernel was at work that nothing preempts: what was due there is
late. This does not tell the two apart.

With `ordinary` the threads are of no such class: whatever else is ordinary there may be as late, the kernel's own delivery of
packets (ksoftirqd) among it.

As a program: prints a line "PROCESSOR ns ns" (CLOCK_MONOTONIC, begin and end) for each time of more than NOTED_MS, until its
standard input ends; "ordinary" as above."""
import contextlib
import os
import subprocess
import sys
import threading
import time

NOTED_MS = 50
PERIOD_SECONDS = 0.005
PRIORITY = 40  # above what is tested


class Stalls:
    """Those of one `with` block: `longest(since, until)` in ms, 0 when there was none."""

    def __init__(self):
        self.found = []

    def longest(self, since, until):
        """The part between the two times (CLOCK_MONOTONIC, ns) counts."""
        return max([0] + [min(b, until) - max(a, since) for a, b in list(self.found)]) / 1e6

    def total(self, since, until):
        """All of them between the two times, in ms; what two processors had at once counts once."""
        out, last = 0, since
        for begin, end in sorted(self.found):
            begin, end = max(begin, last), min(end, until)
            if end > begin:
                out, last = out + end - begin, end
        return out / 1e6

    def read(self, pipe):
        for line in pipe:
            _, begin, end = map(int, line.split())
            self.found.append((begin, end))


@contextlib.contextmanager
def watched(*words):
    """words: none, or "ordinary"."""
    stalls = Stalls()
    child = subprocess.Popen([sys.executable, os.path.abspath(__file__), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    reader = threading.Thread(target=stalls.read, args=(child.stdout,), daemon=True)
    reader.start()
    try:
        yield stalls
    finally:
        child.stdin.close()
        reader.join(10)
        child.wait(10)
        child.stdout.close()


def watch(cpu, ended, ordinary):
    os.sched_setaffinity(0, {cpu})
    if not ordinary:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    last = time.monotonic_ns()
    while not ended.is_set():
        time.sleep(PERIOD_SECONDS)
        now = time.monotonic_ns()
        if now - last > NOTED_MS * 10**6:
            os.write(1, f"{cpu} {last} {now}\n".encode())
        last = now


def main():
    ended = threading.Event()
    threads = [threading.Thread(target=watch, args=(cpu, ended, sys.argv[1:] == ["ordinary"])) for cpu in sorted(os.sched_getaffinity(0))]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
