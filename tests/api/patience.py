"""How long the scripts of this folder wait for something to come. FAIRLEAD_SLOW: how many times slower than usual the programs
are (1), as are those that a sanitizer watches; what says how soon something has to come is stretched by it, and nothing else."""
import os
import time

SLOW = float(os.environ.get("FAIRLEAD_SLOW", "1"))
MEMORY = 1 if SLOW == 1 else 6  # how many times more of it a program may have: a sanitizer keeps what is freed, and notes of the rest


def until(what, seconds=40.0):
    """The first true answer of `what`, or the last answer after that time."""
    end = time.monotonic() + seconds * SLOW
    while True:
        answer = what()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.05)
