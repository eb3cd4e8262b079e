"""scripts/api_again.py and scripts/sanitized.py: what a sanitizer says fails, wherever it was said; a preset that finds nothing fails."""
import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TREE / "scripts"))
with mock.patch.dict(os.environ, {"FAIRLEAD_BUILD": "/nonexistent"}):
    import api_again  # noqa: E402
    import run_layers  # noqa: E402
    import sanitized  # noqa: E402

RACE = """==================
WARNING: ThreadSanitizer: data race (pid=7)
  Write of size 4 at 0x7f by thread T1:
    #0 operator delete ../libsanitizer/tsan_new_delete.cpp:126
    #1 spoil() race.cc:18
"""
# A program that says it where it is told to, as a sanitizer does, and goes on; and one that says nothing.
SAYS = """#!/bin/sh
path=$(echo "$TSAN_OPTIONS" | sed 's/.*log_path=\\([^:]*\\).*/\\1/')
cat <<'END' >"$path.$$"
""" + RACE + """END
echo 1 passed, 0 failed, 0 skipped
"""
SILENT = "#!/bin/sh\necho 1 passed, 0 failed, 0 skipped\n"
TELLS = '#!/bin/sh\necho "build $FAIRLEAD_BUILD, slow $FAIRLEAD_SLOW, long <$FAIRLEAD_LONG>, other <$KUBECONFIG>, $FAIRLEAD_KUBERNETES"\n' + \
    "echo 1 passed, 0 failed, 0 skipped\n"


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def again(name, scripts, planted, built=True):
    """The layer once more with these scripts (name: text), in a tree where `planted` is the program with the planted faults. What
    is counted of it, and what was printed."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
        tree = pathlib.Path(folder)
        program(tree / "support" / "planted_faults", planted)
        for script, text in scripts.items():
            program(tree / "tests" / "api" / script, text)
        program(tree / "tests" / "lab" / "cluster" / "build", '#!/bin/sh\n[ "$FAIRLEAD_KUBERNETES" = 1.31 ]\n')
        count = run_layers.Count()
        with mock.patch.object(run_layers, "TREE", folder), mock.patch.object(api_again, "TREE", folder), \
                mock.patch.object(sanitized, "build", lambda preset, targets: folder if built else None), \
                mock.patch.dict(os.environ, {"FAIRLEAD_LONG": "1", "KUBECONFIG": "/nonexistent"}):
            api_again.run_again(name, lambda own, *how: run_layers.alone(run_layers.scripts_of("api", own), own, *how), count)
        return count, printed.getvalue().replace(folder, "TREE")


class ApiAgain(unittest.TestCase):
    def test_a_report_of_any_process_is_a_failure_of_its_script(self):
        count, printed = again("api-tsan", {"a_test.py": SAYS, "b_test.py": SILENT}, SAYS)
        self.assertEqual((count.passed, count.failed), (3, 1))  # the planted one is found, both scripts pass but for the report
        self.assertEqual(count.failures, ["tests/api/a_test.py of preset tsan: a sanitizer's reports: 1 failed",
                                          "  WARNING: ThreadSanitizer: data race (pid=7) #0 operator delete "
                                          "../libsanitizer/tsan_new_delete.cpp:126 #1 spoil() race.cc:18"])
        self.assertIn("Write of size 4", printed)

    def test_without_one_there_is_none(self):
        count, _ = again("api-tsan", {"a_test.py": SILENT}, SAYS)
        self.assertEqual((count.passed, count.failed, count.failures), (2, 0, []))

    def test_a_preset_that_does_not_find_what_was_planted_fails(self):
        count, _ = again("api-tsan", {"a_test.py": SILENT}, SILENT)
        self.assertEqual(count.failures, ["preset tsan does not find the planted race: 1 failed"])
        count, _ = again("api-asan", {"a_test.py": SILENT}, SILENT)
        self.assertEqual((count.passed, count.failed), (1, 3))

    def test_a_build_that_fails_is_a_failure_and_nothing_runs(self):
        count, printed = again("api-asan", {"a_test.py": TELLS}, SAYS, built=False)
        self.assertEqual((count.failures, "slow" in printed), (["the build of preset asan: 1 failed"], False))

    def test_scripts_know_what_they_run_with(self):
        _, printed = again("api-asan", {"a_test.py": TELLS}, SAYS)
        self.assertIn("build TREE, slow 3, long <>, other <>, \n", printed)
        count, printed = again("api-1.31", {"a_test.py": TELLS}, SILENT)
        self.assertIn("long <>, other <>, 1.31\n", printed)
        self.assertEqual((count.passed, count.failures), (1, []))

    def test_the_oldest_server_is_one_that_can_be_built_and_the_one_of_the_readme(self):
        self.assertTrue((TREE / f"tests/lab/cluster/multi/go-{api_again.OLDEST}.mod").exists())
        self.assertTrue(f"Kubernetes {api_again.OLDEST} " in (TREE / "README.md").read_text(encoding="utf-8"))

    def test_scripts_test_knows_the_names(self):
        for name in api_again.AGAIN:
            done = subprocess.run([TREE / "scripts/test", name, "nonsense"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertIn("nonsense is not known", done.stdout)


class Report(unittest.TestCase):
    def test_a_report_is_taken_once(self):
        with sanitized.Reports() as reports:
            path = reports.environment()["ASAN_OPTIONS"].split("log_path=")[1].split(":")[0]
            pathlib.Path(path + ".7").write_text("one", encoding="utf-8")
            self.assertEqual((reports.taken(), reports.taken()), (["one"], []))

    def test_a_line_of_the_undefined_is_told(self):
        self.assertEqual(sanitized.lines_of("a.cc:3:5: runtime error: signed integer overflow\n    #0 f a.cc:3\n"),
                         "a.cc:3:5: runtime error: signed integer overflow #0 f a.cc:3")


if __name__ == "__main__":
    unittest.main()
