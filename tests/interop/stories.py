"""Stories: small worlds of their own, told side by side. A story is a function that gets a Story; what it checks is printed
together when it ends."""
import concurrent.futures
import time
import traceback

from measure import Ownership
from world import Segment, Watch, wait_for

# A hundred stories that begin in one moment would keep each other from their times.
BETWEEN_SECONDS = 0.05


class Story:
    """One segment, its routers and its watch. `check` as in labkit.cases, kept until the story ends."""

    def __init__(self, world, tag, title):
        self.world, self.tag, self.title = world, tag, title
        self.results, self.segment, self.watch, self.ownership = [], None, None, None

    def place(self, *nodes):
        """The segment with these nodes; netwatch sees addresses, links and arriving frames of all of them."""
        self.segment = Segment(self.world, self.tag, nodes)
        self.watch = Watch(self.world, "watch-" + self.tag, ["+" + n for n in self.segment.of.values()])
        self.ownership = Ownership(self.watch, self.segment)
        return self.segment

    def run(self, kind, node, routers, name=None):
        """Starts a program (routers.Fairlead, ...) with these virtual routers."""
        driver = kind(self.world, self.segment.of[node], name or node)
        driver.start(list(routers))
        return driver

    def check(self, name, ok, detail=""):
        self.results.append((f"{self.title}: {name}", bool(ok), detail))
        return bool(ok)

    def eventually(self, name, question, seconds):
        begun = time.monotonic()
        answer = wait_for(question, seconds)
        return self.check(name, answer, f"after {time.monotonic() - begun:.2f} s")


def tell(cases, world, stories, at_once):
    """stories: (tag, title, function). All of them, so many at once; results in the order of the list."""
    def one(entry):
        tag, title, function = entry
        story = Story(world, tag, title)
        try:
            function(story)
            lost = story.watch.end() if story.watch else []
            story.check("netwatch missed nothing", not lost, lost or "")
        except Exception:
            story.check("told to its end", False, traceback.format_exc(limit=-2))
        return story

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        told = []
        for entry in stories:
            told.append(pool.submit(one, entry))
            time.sleep(BETWEEN_SECONDS)
        for story in (future.result() for future in told):
            for name, ok, detail in story.results:
                cases.check(name, ok, detail)
