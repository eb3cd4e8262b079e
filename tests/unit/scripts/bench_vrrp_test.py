"""The arithmetic of tests/bench/vrrp: what counts as late, as an outage, and as a limit that was met."""
import os
import sys
import unittest

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path[:0] = [TREE + "/tests/bench/vrrp", TREE + "/tests/interop"]
import client  # noqa: E402
import lateness  # noqa: E402
from table import as_text, Line  # noqa: E402

MS = 10**6


class Lines(unittest.TestCase):
    def test_the_figure_without_the_fence_is_judged_where_there_is_one(self):
        line = Line("processor", "%", 1.0, 2.0, bare=1.4, most=1.5)
        self.assertTrue(line.met)
        self.assertAlmostEqual(line.fence, 0.6)
        self.assertFalse(Line("processor", "%", 1.0, 2.0, most=1.5).met)

    def test_what_could_not_be_measured_misses_its_limit(self):
        self.assertIs(Line("taken over", "ms", 3000, None, most=3500).met, False)
        self.assertIs(Line("taken over", "ms", 3000, None).met, None)

    def test_there_is_no_ratio_to_nothing(self):
        for theirs in (None, 0):
            self.assertIsNone(Line("left", "", theirs, 3).ratio(3))

    def test_a_missed_limit_is_named_in_the_table(self):
        shown = as_text([Line("left", "", 255, 1, most=0), Line("two answer", "ms", 4400, 0, most=0)]).splitlines()
        self.assertTrue(shown[1].endswith("<= 0 MISSED"), shown[1])
        self.assertTrue(shown[2].endswith("<= 0 ok"), shown[2])


class Lateness(unittest.TestCase):
    def late(self, times):
        return lateness.excesses({(4, 51): [t * MS for t in times]}, [51], 100, 0, 1000 * MS)

    def test_late_is_what_exceeds_the_interval_since_the_one_before(self):
        self.assertEqual(self.late([0, 100, 230, 320, 420, 520, 620, 720, 820, 920]), [0, 30, 0, 0, 0, 0, 0, 0, 0])

    def test_a_group_that_falls_silent_is_late_by_its_silence(self):
        self.assertEqual(self.late([0, 100]), [0, 800])

    def test_a_group_that_begins_late_is_late_by_that(self):
        self.assertEqual(self.late([900]), [800])

    def test_a_group_that_says_nothing_is_late_all_the_while(self):
        self.assertEqual(self.late([]), [900])


class Outage(unittest.TestCase):
    def outage(self, answered, count=10):
        one = client.Client.__new__(client.Client)
        one.asked, one.answered = {"v": [n * 10 * MS for n in range(count)]}, {"v": set(answered)}
        return one.outage_ms("v", 0, 1000 * MS)

    def test_it_is_the_longest_run_of_lost_questions_up_to_the_next_answered_one(self):
        self.assertEqual(self.outage({0, 1, 3, 4, 8, 9}), 30)

    def test_it_is_none_when_all_are_answered(self):
        self.assertEqual(self.outage(range(10)), 0)

    def test_questions_that_stay_lost_count_to_the_last(self):
        self.assertEqual(self.outage({0, 1, 2, 3, 4}), 40)


if __name__ == "__main__":
    unittest.main()
