"""labkit/evidence.py: the lab reads what netwatch wrote, however fast that writes on."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lab"))
from labkit import evidence  # noqa: E402

LINE = '{"ev":"addr"}\n'


class Agent:
    """A file that has grown by a line whenever it is asked for; an answer holds `most` bytes."""

    def __init__(self, lines, most):
        self.size, self.most = lines * len(LINE), most // len(LINE) * len(LINE)

    def read(self, _, offset):
        self.size += len(LINE)
        after = min(self.size, offset + self.most)
        return LINE * ((after - offset) // len(LINE)), after


class FeedTest(unittest.TestCase):
    def poll(self, lines):
        with tempfile.TemporaryDirectory() as folder:
            feed = evidence.Feed(Agent(lines, 2 * evidence.FULL_BLOCK), "remote", evidence.Evidence(folder), "watch.jsonl")
            events = feed.poll()
            written = pathlib.Path(folder, "watch.jsonl").read_text(encoding="utf-8").splitlines()
            self.assertEqual([json.loads(line) for line in written], events)
            return len(events)

    def test_ends_though_there_is_always_more(self):
        self.assertEqual(self.poll(3), 4)

    def test_reads_on_where_an_answer_was_full(self):
        lines = 5 * evidence.FULL_BLOCK // len(LINE)
        self.assertGreaterEqual(self.poll(lines), lines)


if __name__ == "__main__":
    unittest.main()
