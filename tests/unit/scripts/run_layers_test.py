"""scripts/run_layers.py runs what is executable in a layer's folder, and fails for a test that is not."""
import contextlib
import io
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
with mock.patch.dict(os.environ, {"FAIRLEAD_BUILD": "/nonexistent"}):
    import lanes  # noqa: E402
    import run_layers  # noqa: E402

PASSES = "#!/bin/sh\necho 3 passed, 0 failed, 0 skipped\n"


def run(files):
    """files: {name: (mode, text)} in the folder of a layer. What is counted of it."""
    with tempfile.TemporaryDirectory() as tree, mock.patch.object(run_layers, "TREE", tree):
        folder = pathlib.Path(tree) / "tests" / "some"
        folder.mkdir(parents=True)
        for name, (mode, text) in files.items():
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(mode)
        count = run_layers.Count()
        with contextlib.redirect_stdout(io.StringIO()):
            run_layers.alone(run_layers.scripts_of("some", count), count)
        return count


FAILS = """#!/bin/sh
echo ok: this one
echo FAILED: that one
echo '        3 ms'
echo '        and 4'
echo ok: the next
echo '    FAILED: what another program was meant to fail'
echo 1 passed, 1 failed, 0 skipped
exit 1
"""


# Fails where `busy` is, which the other one makes and takes away.
DISTURBED = """#!/bin/sh
for _ in $(seq 100); do [ -e busy ] && break; [ -e over ] && break; sleep 0.1; done
touch ran
[ -e busy ] && { echo FAILED: late by 3 ms; echo 1 passed, 1 failed, 0 skipped; exit 1; }
echo 2 passed, 0 failed, 0 skipped
"""
DISTURBS = """#!/bin/sh
touch busy
for _ in $(seq 100); do [ -e ran ] && break; sleep 0.1; done
rm busy; touch over
echo 1 passed, 0 failed, 0 skipped
"""


# Holds what it names; waits for another one to have begun.
BESIDE = """#!/bin/sh
mkdir "lock-{resource}" || exit 1
touch "begun-{own}"
for _ in $(seq 100); do [ -e "begun-{other}" ] && break; sleep 0.1; done
[ -e "begun-{other}" ] || exit 1
rmdir "lock-{resource}"
echo 1 passed, 0 failed, 0 skipped
"""
WHERE = """#!/bin/sh
echo nice $(nice)
echo 1 passed, 0 failed, 0 skipped
"""


def in_lanes(files, second, of_layer):
    """files: {layer: {name: text}}; second, of_layer: as in lanes.py. The counts of the layers, and what was printed."""
    with tempfile.TemporaryDirectory() as tree, mock.patch.multiple(run_layers, TREE=tree, IN_LANES=tuple(files)), \
            mock.patch.multiple(lanes, SECOND=second, FIRST={}, OF_LAYER=of_layer):
        counts, paths = {layer: run_layers.Count() for layer in files}, {}
        for layer, texts in files.items():
            folder = pathlib.Path(tree) / "tests" / layer
            folder.mkdir(parents=True)
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
                (folder / name).chmod(0o755)
            paths[layer] = run_layers.scripts_of(layer, counts[layer])
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            run_layers.TwoLanes(counts, paths).run()
        return counts, printed.getvalue()


# What main() runs is two scripts that would go on for long; argv: the tree, SECOND.
MAIN = """
import ast, sys
import lanes, run_layers
run_layers.TREE, run_layers.LAYERS, run_layers.IN_LANES = sys.argv[1], ("one", "two"), ("one", "two")
lanes.AUTOGROUP, lanes.SECOND, lanes.FIRST, lanes.OF_LAYER = sys.argv[1] + "/autogroup", ast.literal_eval(sys.argv[2]), {}, {}
sys.argv[1:] = []
sys.exit(run_layers.main())
"""
LASTS = """#!/bin/sh
trap 'touch ended-{0}; exit 1' TERM
touch begun-{0}
for _ in $(seq 300); do sleep 0.1; done
"""


def ended_from_outside(tree, second):
    """The exit code of main(), what the kernel's file says afterwards, and which of the scripts were told to end."""
    (tree / "autogroup").write_text("1", encoding="utf-8")
    for layer, name in (("one", "a"), ("two", "b")):
        (tree / "tests" / layer).mkdir(parents=True)
        path = tree / "tests" / layer / f"{name}.sh"
        path.write_text(LASTS.format(name), encoding="utf-8")
        path.chmod(0o755)
    environment = {**os.environ, "FAIRLEAD_BUILD": "/nonexistent", "PYTHONPATH": os.path.dirname(lanes.__file__)}
    with subprocess.Popen([sys.executable, "-c", MAIN, str(tree), repr(second)], env=environment,
                          stdout=subprocess.DEVNULL) as child:
        try:
            until = time.monotonic() + 20
            while len(list(tree.glob("begun-*"))) < (2 if second else 1) and time.monotonic() < until:
                time.sleep(0.05)
            child.terminate()
            code = child.wait(20)
        finally:
            child.kill()
    return code, (tree / "autogroup").read_text(encoding="utf-8").strip(), sorted(p.name[6:] for p in tree.glob("ended-*"))


class RunLayers(unittest.TestCase):
    def test_counts_what_an_executable_script_says(self):
        count = run({"a_test.py": (0o755, PASSES), "b.sh": (0o755, PASSES), "common.py": (0o644, "")})
        self.assertEqual((count.passed, count.failed, count.failures), (6, 0, []))

    def test_says_at_its_end_which_cases_failed(self):
        count = run({"a_test.py": (0o755, FAILS), "b_test.py": (0o755, PASSES)})
        self.assertEqual((count.passed, count.failed), (4, 1))
        self.assertEqual(count.failures, ["tests/some/a_test.py: 1 failed", "  FAILED: that one 3 ms and 4"])

    def test_of_a_long_case_it_says_the_beginning_and_the_end(self):
        count = run_layers.Count()
        count.add(0, 1, 0, "a", ["FAILED: that one " + "x" * 5000 + " its last line"])
        self.assertEqual(len(count.failures[1]), len("  ") + 1600)
        self.assertRegex(count.failures[1], "^  FAILED: that one x+ \\[...\\] x+ its last line$")

    def test_fails_for_a_test_that_is_not_executable_and_runs_the_others(self):
        for name in ("b_test.py", "b.sh"):
            count = run({"a_test.py": (0o755, PASSES), name: (0o644, PASSES)})
            self.assertEqual((count.passed, count.failed), (3, 1), name)
            self.assertEqual(count.failures, [f"tests/some/{name} is a test and not executable: 1 failed"])

    def test_knows_a_test_by_its_name_even_without_a_first_line_that_names_a_program(self):
        count = run({"a_test.py": (0o755, PASSES), "b_test.py": (0o644, "import os\n")})
        self.assertEqual((count.passed, count.failed), (3, 1))

    def test_passes_over_what_is_no_test_of_its_own(self):
        count = run({"a_test.py": (0o755, PASSES), "seeds.py": (0o644, PASSES), "sourced.sh": (0o644, "f() { :; }\n")})
        self.assertEqual((count.passed, count.failed), (3, 0))

    def test_fails_for_a_layer_without_a_test(self):
        self.assertEqual(run({"common.py": (0o644, "")}).failures, ["layer some has no test: 1 failed"])

    def test_ends_a_script_that_says_nothing_any_more(self):
        with mock.patch.multiple(run_layers, LIMIT_SECONDS=0.2, LONG_LIMIT_SECONDS=0.2):
            count = run({"a.sh": (0o755, PASSES + "exec sleep 20\n")})
        self.assertEqual((count.passed, count.failures), (3, ["tests/some/a.sh: 1 failed"]))

    def test_does_not_wait_for_what_a_script_left_behind(self):
        begun = time.monotonic()
        with mock.patch.multiple(run_layers, LIMIT_SECONDS=0.2, LONG_LIMIT_SECONDS=0.2, LINGER_SECONDS=0.2):
            hangs = run({"a.sh": (0o755, PASSES + "sleep 5\nexit 0\n")})
            leaves = run({"a.sh": (0o755, PASSES + "sleep 5 &\n")})
        self.assertLess(time.monotonic() - begun, 4)
        for count in (hangs, leaves):
            self.assertEqual((count.passed, count.failures), (3, ["tests/some/a.sh: 1 failed"]))

    def autogroup(self, content):
        """What the kernel's file says meanwhile and afterwards, and what was printed."""
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
            path = pathlib.Path(folder) / "autogroup"
            if content is not None:
                path.write_text(content, encoding="utf-8")
            with mock.patch.object(lanes, "AUTOGROUP", str(path)):
                with lanes.without_autogroup():
                    meanwhile = path.read_text(encoding="utf-8") if path.exists() else None
            return meanwhile, path.read_text(encoding="utf-8").strip() if path.exists() else None, printed.getvalue()

    def test_niceness_counts_for_the_machine_meanwhile(self):
        self.assertEqual(self.autogroup("1\n"), ("0", "1", ""))
        self.assertEqual(self.autogroup("0\n"), ("0\n", "0", ""))
        self.assertEqual(self.autogroup(None), (None, None, ""))

    def test_says_when_niceness_cannot_be_made_to_count(self):
        with mock.patch.object(lanes, "set_autogroup", side_effect=PermissionError("no right to")):
            self.assertEqual(self.autogroup("1\n"), ("1\n", "1", "the second lane may yield less than it should: no right to\n"))

    def test_runs_two_scripts_beside_each_other_and_never_two_that_hold_the_same(self):
        files = {"one": {"a.sh": BESIDE.format(resource="x", own="a", other="d")},
                 "two": {"b.sh": BESIDE.format(resource="x", own="b", other="a"),
                         "c.sh": BESIDE.format(resource="z", own="c", other="a"),
                         "d.sh": BESIDE.format(resource="z", own="d", other="a")}}
        second = {"two/c.sh": {"z"}, "two/b.sh": {"x"}, "two/d.sh": {"z"}}
        counts, _ = in_lanes(files, second, {"one": {"x"}})
        self.assertEqual([(c.passed, c.failures) for c in counts.values()], [(1, []), (3, [])])

    def test_the_second_lane_begins(self):
        counts, _ = in_lanes({"one": {"a.sh": BESIDE.format(resource="x", own="a", other="b")},
                              "two": {"b.sh": BESIDE.format(resource="x", own="b", other="b")}}, {"two/b.sh": {"x"}}, {"one": {"x"}})
        self.assertEqual([(c.passed, c.failures) for c in counts.values()], [(1, []), (1, [])])

    def test_counts_what_fails_in_either_lane_for_its_own_layer(self):
        fails = "#!/bin/sh\nexit 1\n"
        counts, _ = in_lanes({"one": {"a.sh": fails}, "two": {"b.sh": PASSES, "c.sh": fails}},
                             {"two/b.sh": {"x"}, "two/c.sh": {"x"}}, {})
        self.assertEqual([(c.passed, c.failures) for c in counts.values()],
                         [(0, ["tests/one/a.sh: 1 failed"]), (3, ["tests/two/c.sh: 1 failed"])])

    def test_what_failed_beside_another_one_is_run_once_more_by_itself_and_told(self):
        counts, printed = in_lanes({"one": {"a.sh": DISTURBED}, "two": {"b.sh": DISTURBS}},
                                   {"two/b.sh": set()}, {"one": set()})
        self.assertEqual((str(counts["one"]), str(counts["two"])), ("2 passed, 0 failed, 0 skipped", "1 passed, 0 failed, 0 skipped"))
        self.assertIn("tests/one/a.sh failed beside another script; by itself:", printed)

    def test_what_fails_by_itself_too_has_failed(self):
        always = DISTURBED.replace("[ -e busy ] && {", "true && {")
        counts, printed = in_lanes({"one": {"a.sh": always}, "two": {"b.sh": DISTURBS}}, {"two/b.sh": set()}, {"one": set()})
        self.assertEqual((str(counts["one"]), counts["one"].failures), ("1 passed, 1 failed, 0 skipped",
                                                                        ["tests/one/a.sh: 1 failed", "  FAILED: late by 3 ms"]))
        self.assertEqual(printed.count("FAILED: late by 3 ms"), 2)

    def test_nothing_is_run_again_where_more_than_two_failed(self):
        many = {f"{name}.sh": FAILS for name in "acde"}
        lasts = "#!/bin/sh\nsleep 2\necho 1 passed, 0 failed, 0 skipped\n"
        counts, printed = in_lanes({"one": many, "two": {"b.sh": lasts}}, {"two/b.sh": set()}, {"one": set()})
        self.assertEqual(str(counts["one"]), "4 passed, 4 failed, 0 skipped")
        self.assertNotIn("by itself", printed)

    def test_the_second_lane_yields_to_the_first(self):
        _, printed = in_lanes({"one": {"a.sh": WHERE}, "two": {"b.sh": WHERE}}, {"two/b.sh": {"x"}}, {})
        own = os.nice(0)
        self.assertEqual([printed.count(f"    nice {nice}\n") for nice in (own, min(19, own + lanes.NICE))], [1, 1], printed)

    def test_ended_from_outside_it_ends_what_runs_and_leaves_the_machine_as_it_was(self):
        for second in ({}, {"two/b.sh": {"x"}}):
            with tempfile.TemporaryDirectory() as tree:
                code, content, ended = ended_from_outside(pathlib.Path(tree), second)
            self.assertEqual((code, content, ended), (128 + signal.SIGTERM, "1", ["a", "b"] if second else ["a"]))

    def test_names_of_the_second_lane_are_tests(self):
        counts, _ = in_lanes({"one": {"a.sh": PASSES}}, {"one/gone.py": {"x"}, "three/other.py": {"x"}}, {})
        self.assertEqual(counts["one"].failures, ["scripts/lanes.py names tests/one/gone.py, which is no test: 1 failed"])


if __name__ == "__main__":
    unittest.main()
