"""scripts/run_layers.py runs what is executable in a layer's folder, and fails for a test that is not."""
import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
with mock.patch.dict(os.environ, {"FAIRLEAD_BUILD": "/nonexistent"}):
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


# Not beside another one of its layer; waits for the other layer's to have begun.
BESIDE = """#!/bin/sh
layer=$(basename "$(dirname "$0")")
mkdir "lock-$layer" || exit 1
touch "begun-$layer"
for _ in $(seq 100); do [ -e "begun-{other}" ] && break; sleep 0.1; done
[ -e "begun-{other}" ] || exit 1
rmdir "lock-$layer"
echo 1 passed, 0 failed, 0 skipped
"""


def pooled(files, shared):
    """files: {layer: {name: text}}; shared: what may share the machine. The counts of the layers after the pool ran."""
    with tempfile.TemporaryDirectory() as tree, mock.patch.multiple(run_layers, TREE=tree, SHARED=shared):
        counts, paths = {layer: run_layers.Count() for layer in files}, {}
        for layer, texts in files.items():
            folder = pathlib.Path(tree) / "tests" / layer
            folder.mkdir(parents=True)
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
                (folder / name).chmod(0o755)
            paths[layer], _ = run_layers.split(layer, counts[layer])
        with contextlib.redirect_stdout(io.StringIO()):
            run_layers.Pool(counts, paths).run()
        return counts


class RunLayers(unittest.TestCase):
    def test_counts_what_an_executable_script_says(self):
        count = run({"a_test.py": (0o755, PASSES), "b.sh": (0o755, PASSES), "common.py": (0o644, "")})
        self.assertEqual((count.passed, count.failed, count.failures), (6, 0, []))

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

    def test_shares_the_machine_between_two_layers_and_never_between_two_scripts_of_one(self):
        one, two = BESIDE.format(other="two"), BESIDE.format(other="one")
        counts = pooled({"one": {"a.sh": one, "b.sh": one}, "two": {"c.sh": two}}, {"one": ("a.sh", "b.sh"), "two": ("c.sh",)})
        self.assertEqual([(c.passed, c.failures) for c in counts.values()], [(2, []), (1, [])])

    def test_counts_what_fails_beside_another_for_its_own_layer(self):
        counts = pooled({"one": {"a.sh": "#!/bin/sh\nexit 1\n"}, "two": {"b.sh": PASSES}}, {"one": ("a.sh",), "two": ("b.sh",)})
        self.assertEqual([(c.passed, c.failures) for c in counts.values()], [(0, ["tests/one/a.sh: 1 failed"]), (3, [])])

    def test_leaves_alone_what_is_not_named(self):
        counts = pooled({"one": {"a.sh": PASSES, "b.sh": PASSES}}, {"one": ("a.sh",)})
        self.assertEqual(counts["one"].passed, 3)

    def test_fails_for_a_shared_script_that_is_no_test(self):
        counts = pooled({"one": {"a.sh": PASSES}}, {"one": ("a.sh", "gone.sh")})
        self.assertEqual(counts["one"].failures, ["SHARED names tests/one/gone.sh, which is no test: 1 failed"])


if __name__ == "__main__":
    unittest.main()
