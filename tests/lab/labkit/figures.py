"""The figures everything is measured against, and the places the demo uses."""
import os
import re

LAB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TREE = os.path.dirname(os.path.dirname(LAB))
OBJECTS = "tests/lab/objects"
WEB, FRONT, ALONE = "192.0.2.10", "192.0.2.11", "198.51.100.10"
ADVERT_MS = 250
# How much later than promised something may be seen: scheduling and measuring.
NOISE_MS = {"host": 50, "guest": 250}
# From the loss of the master to the new one's first gratuitous ARP, or to answers again.
GATE_MS = {"host": 1200, "guest": 2500}
# An address whose renewal stopped: lifetime 1 s, and the kernel's own 1.1 s.
FENCE_MS = 2100
# The same less the shortest time after which a backup takes over.
OVERLAP_MS = 1400
COUNTED = 40
RUNS = 10
FORBIDDEN = re.compile(r"AddressSanitizer|ThreadSanitizer|runtime error:|terminate called|[Aa]ssertion.*failed|"
                       r"Segmentation fault|\[critical\]|std::bad_alloc|double free|corrupted")
# A node says that its finer fence is not what it should be.
UNFENCED = re.compile(r"forwarding\.fence_(failed|restored)")
# How a master is lost, in words.
NAMES = {"kill": "kill -9", "carrier": "carrier down", "port": "port detached"}


def ms(figure):
    return None if figure is None else f"{figure} ms"
