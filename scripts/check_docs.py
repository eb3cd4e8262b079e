#!/usr/bin/env python3
"""Checks that documentation and code name the same events and metrics. Run by ctest as `docs`.

    check_docs.py [ROOT]        exit 0 and "docs hold", or 1 and one line per problem

Every event given to sys::log() has a heading "### `name`" with a paragraph in docs/messages.md; every
metric "fairlead_..." has a row "| `name` | ..." in docs/metrics.md; and neither page tells of one that
the code no longer has. docs/rfc9568.md has every row of the ledger, once; each names tests that exist, some that show the
rule and, after "; opposite: ", others that show its opposite, or says "not applicable: " or "opposite: none, " and why; the
code it names exists, too. A test in Python is a case of a script, one that a run of its layer comes to.
docs/kubernetes-client.md likewise has every rule of the Kubernetes client, and the faults of the API server and of what talks to it;
its tests need not be of two kinds. docs/conditions.md has, below "## Reasons", a row for every reason that a condition, a
transition or an Event can have, with what it says and what to do, and no other. docs/services.md has every rule about Services, and
every annotation that the code reads, and no other. docs/controller.md has a row for every flag of the controller, and no other.
"""
import pathlib
import re
import sys
import typing

import reached

SOURCE_ROOTS = ["lib", "controller", "node", "cli"]
# Where reasons come from: files whose functions return them, and how they are written down elsewhere in some folders.
REASON_FILES = ["controller/plan/event_reason.cc", "controller/plan/reason.cc", "node/plan/order.cc", "node/plan/text.cc", "node/vrrp/reason.cc",
                "node/vrrp/sightings.cc"]
REASON_FOLDERS = ["controller/plan", "controller/status", "node/agent"]
RETURNED = re.compile(r'return "([A-Z]\w+)";')
WRITTEN = re.compile(r'\b(?:problem|degraded)\(\s*"(?P<problem>\w+)"|\.add\("Programmed", "(?P<programmed>\w+)"|'
                     r'EventType::k(?:Normal|Warning), "(?P<event>\w+)"|\bk(?P<constant>[A-Z]\w+) = "(?P=constant)"')
# Oddities of an advert that only a metric and the log tell, and what becomes of an object of a plan.
NOT_REASONS = {"ChecksumForm", "TrailingBytes", "Take", "Keep", "Drop"}
REASON_ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.MULTILINE)
# The rows that docs/rfc9568.md must have: rules of RFC 9568 and of RFC 3768.
LEDGER = [f"VR-{number:03}" for first, last in ((1, 25), (30, 47), (50, 56), (60, 65), (70, 80), (90, 103), (110, 119))
          for number in range(first, last + 1)] + [f"V2-{number:02}" for number in range(1, 12)]
LEDGER_ROW = re.compile(r"^\| (V[R2]-\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
# The rows that docs/kubernetes-client.md must have: rules, then faults.
CLIENT_RULES = [f"K-{number:02}" for number in range(1, 43)] + [f"L-{number:02}" for number in range(1, 11)] + [
    f"FC-{number:02}" for number in range(1, 19)] + [f"FN-{number}" for number in (12, 16, 17, 32)]
CLIENT_ROW = re.compile(r"^\| ([KL]-\d+|F[CN]-\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
# The rows that docs/services.md must have: whose, annotations, fields, endpoints, status, what others test.
SERVICE_RULES = [f"SV-{number:02}" for first, last in ((1, 7), (10, 28), (30, 39), (50, 59), (60, 63), (70, 97))
                 for number in range(first, last + 1)]
SERVICE_ROW = re.compile(r"^\| (SV-\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
# An annotation in the code's table, behind "fairlead.dev/", and one on the page.
ANNOTATION_TABLE = "lib/api/service_request.cc"
ANNOTATION = re.compile(r'\{\s*"([\w-]+)",\s*"\w+",\s*Form::')
ANNOTATION_TOLD = re.compile(r"^\| SV-\d+ \| `fairlead\.dev/([\w-]+)`", re.MULTILINE)
# A flag of the controller in its code, and one on the page; --help is the library's.
FLAG = re.compile(r'"(--[a-z][a-z-]*)"')
FLAG_TOLD = re.compile(r"^\| `(--[\w-]+)`", re.MULTILINE)
NO_TEST = re.compile(r"not applicable: \S+ \S+ .{10}")
NO_OPPOSITE = re.compile(r"none, \S+ \S+ .{10}")
TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
NAMED_TEST = re.compile(r"`([A-Z]\w+\.[A-Z]\w+)`")
NAMED_PATH = re.compile(r"`((?:tests|node|lib|controller|manifests)/[\w./-]+)(?:::([^`]+))?`")
LOG_ITSELF = {"lib/sys/log.h", "lib/sys/log.cc"}
LOG_CALL = re.compile(r"(?<![\w.>])((?:\w+::)*)log\s*\(")
# A function of a file's own that adds fields of its own: its first parameter is the event.
WRAPPER = re.compile(r"\blog_\w+\s*\((?=\s*std::string_view event\b)")
WRAPPER_CALL = re.compile(r"\blog_\w+\s*\(")
EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
METRIC = re.compile(r'"(fairlead_[a-z0-9_]*)"')
# Names of that form that are no metric.
NOT_METRICS = {"fairlead_fence"}  # an nft table
STRING = r'"(?:\\.|[^"\\\n])*"'


def without_comments(text):
    """The text with its comments blanked; strings stay."""
    token = re.compile(r"//[^\n]*|/\*.*?\*/|(" + STRING + ")", re.DOTALL)
    return token.sub(lambda match: match[1] or re.sub(r"[^\n]", " ", match[0]), text)


def arguments(text, start):
    """The top-level arguments of the call whose opening parenthesis is just before `start`."""
    found, depth, begin, at = [], 0, start, start
    while at < len(text):
        string = re.compile(STRING).match(text, at)
        if string:
            at = string.end()
            continue
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            if depth == 0:
                return found + [text[begin:at]]
            depth -= 1
        elif text[at] == "," and depth == 0:
            found.append(text[begin:at])
            begin = at + 1
        at += 1
    return found


def events_of(text):
    """(line, event or None) of every call of log(); None when its name is no literal."""
    for call in LOG_CALL.finditer(text):
        line = text.count("\n", 0, call.start()) + 1
        given = arguments(text, call.end())
        if not call[1].endswith("sys::") and "evel" not in given[0]:
            continue  # the logarithm
        names = re.findall(r'"([^"]*)"', given[1]) if len(given) > 1 else []
        if len(given) > 1 and given[1].strip() == "event" and WRAPPER.search(text):
            continue  # its callers name the event
        for name in names or [None]:
            yield line, name
    for call in WRAPPER_CALL.finditer(text) if WRAPPER.search(text) else ():
        for name in re.findall(r'"([^"]*)"', arguments(text, call.end())[0]):
            yield text.count("\n", 0, call.start()) + 1, name


def documented(text, pattern):
    """name -> what is said about it."""
    return {match[1]: match[2].strip() for match in pattern.finditer(text)}


def tests_in(text):
    """The tests that a piece of a cell names."""
    return set(NAMED_TEST.findall(text)) | {"::".join(part for part in path if part) for path in NAMED_PATH.findall(text)
                                            if path[0].startswith("tests/")}


def tests_problem(cell):
    """What is wrong with a row's cell of tests; nothing if it names some for the rule and others for its opposite, or says why not."""
    if NO_TEST.match(cell):
        return None
    shown, _, opposite = cell.partition("; opposite: ")
    sides = [tests_in(shown), tests_in(opposite)]
    if not sides[0]:
        return "names no test and no reason"
    if not sides[1] and not NO_OPPOSITE.match(opposite):
        return "names no test of the opposite and no reason"
    both = sorted(sides[0] & sides[1])
    return f"names {both[0]} for both sides" if both else None


def one_sided_problem(cell):
    """The same for a page whose tests are of one kind."""
    return None if NO_TEST.match(cell) or tests_in(cell) else "names no test and no reason"


class Ledger(typing.NamedTuple):
    """A page of rules, a row each."""
    page: str
    ids: list
    row: re.Pattern  # id, cell of tests
    wrong: typing.Callable  # what is wrong with that cell


LEDGERS = [Ledger("docs/rfc9568.md", LEDGER, LEDGER_ROW, tests_problem),
           Ledger("docs/kubernetes-client.md", CLIENT_RULES, CLIENT_ROW, one_sided_problem),
           Ledger("docs/services.md", SERVICE_RULES, SERVICE_ROW, one_sided_problem)]


def rule_problems(root, ledger):
    """What of the page is missing, or names what is not there."""
    page = ledger.page
    text = read(root / page)
    rows = ledger.row.findall(text)
    ids = [row for row, _ in rows]
    problems = [f"{page}: there is no row {row}" for row in ledger.ids if row not in ids]
    problems += [f"{page}: the row {row} is there twice or unknown" for row in sorted(set(ids))
                 if ids.count(row) > 1 or row not in ledger.ids]
    problems += [f"{page}: the row {row} {wrong}" for row, wrong in ((row, ledger.wrong(tests)) for row, tests in rows) if wrong]
    there = {f"{suite}.{name}" for file in root.glob("tests/**/*_test.cc") for suite, name in TEST.findall(read(file))}
    problems += [f"{page}: there is no test {name}" for name in sorted(set(NAMED_TEST.findall(text)) - there)]
    folders = {}
    for path, words in sorted(set(NAMED_PATH.findall(text))):
        file = root / path
        if not file.exists():
            problems.append(f"{page}: there is no {path}")
        elif words and words not in read(file):
            problems.append(f"{page}: {path} has no case \"{words}\"")
        elif file.suffix == ".py" and not words:
            problems.append(f"{page}: {path} is named without a case")
        elif file.suffix == ".py":
            folder = folders[file.parent] = folders.get(file.parent) or reached.Folder(file.parent)
            if not folder.reaches(file.stem, words):
                problems.append(f"{page}: no executable test beside it comes to {path}, \"{words}\"")
    return problems


def reasons_of(root):
    """{reason: where it is}, and the files that should have some and have none."""
    found, barren = {}, []
    for path in REASON_FILES:
        names = RETURNED.findall(read(root / path))
        barren += [] if names else [path]
        found.update((name, path) for name in names if name not in NOT_REASONS)
    for file in (file for folder in REASON_FOLDERS for file in sorted((root / folder).glob("*.[hc]*"))):
        for match in WRITTEN.finditer(without_comments(read(file))):
            found.setdefault(match[match.lastgroup], file.relative_to(root).as_posix())
    return found, barren


def reason_problems(root):
    """What docs/conditions.md lacks, or tells of though it is nowhere."""
    page = "docs/conditions.md"
    rows = REASON_ROW.findall(read(root / page).partition("\n## Reasons\n")[2])
    told = [name for name, _ in rows]
    found, barren = reasons_of(root)
    return [f"{path}: no reason is found there; where have they gone?" for path in barren] + [
        f"{where}: reason {name} is not in {page}" for name, where in sorted(found.items()) if name not in told] + [
        f"{page}: reason {name} is nowhere in the code" for name in sorted(set(told)) if name not in found] + [
        f"{page}: reason {name} is there twice" for name in sorted(set(told)) if told.count(name) > 1] + [
        f"{page}: of reason {name} something is left empty" for name, cells in rows if not all(cell.strip() for cell in cells.split(" | "))]


def annotation_problems(root):
    """Annotations of Services that the code reads and the page has not, and the other way round."""
    read_by_code = set(ANNOTATION.findall(read(root / ANNOTATION_TABLE)))
    told = set(ANNOTATION_TOLD.findall(read(root / "docs/services.md")))
    return [f"docs/services.md: there is no row of the annotation {name}" for name in sorted(read_by_code - told)] + [
        f"docs/services.md: the annotation {name} is nowhere in {ANNOTATION_TABLE}" for name in sorted(told - read_by_code)]


def flag_problems(root):
    """Flags of the controller that the code has and the page has not, and the other way round."""
    page = "docs/controller.md"
    there = {"--help"}.union(*(FLAG.findall(without_comments(read(file))) for file in root.glob("controller/*.cc")))
    told = set(FLAG_TOLD.findall(read(root / page)))
    return [f"{page}: there is no row of the flag {name}" for name in sorted(there - told)] + [
        f"{page}: the flag {name} is nowhere in controller/*.cc" for name in sorted(told - there)]


def read(path):
    return path.read_text(encoding="utf-8") if path.exists() else ""


def check(root):
    """All problems, as printable lines."""
    problems, events, metrics = [], {}, {}
    for top in SOURCE_ROOTS:
        for file in sorted((root / top).rglob("*.[hc]*")):
            path = file.relative_to(root).as_posix()
            text = without_comments(file.read_text(encoding="utf-8"))
            for line, name in [] if path in LOG_ITSELF else events_of(text):
                if name is None or not EVENT.fullmatch(name):
                    problems.append(f"{path}:{line}: the event is not a literal of the form \"part.what\"")
                else:
                    events.setdefault(name, f"{path}:{line}")
            for match in (m for m in METRIC.finditer(text) if m[1] not in NOT_METRICS):
                if match[1] == "fairlead_":
                    problems.append(f"{path}: a metric's name is put together; write it whole")
                    continue
                metrics.setdefault(match[1], f"{path}:{text.count(chr(10), 0, match.start()) + 1}")
    headings = documented(read(root / "docs/messages.md"),
                          re.compile(r"^### `([^`]+)`\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL))
    rows = documented(read(root / "docs/metrics.md"), re.compile(r"^\| `(fairlead_[^`]+)` \|(.*)$", re.MULTILINE))
    for page, what, used, told in (("docs/messages.md", "event", events, headings),
                                   ("docs/metrics.md", "metric", metrics, rows)):
        problems += [f"{where}: {what} {name} is not in {page}"
                     for name, where in sorted(used.items()) if name not in told]
        problems += [f"{page}: {what} {name} has no text" for name, said in sorted(told.items())
                     if not said.strip("| ")]
        problems += [f"{page}: {what} {name} is nowhere in the code" for name in sorted(told) if name not in used]
    return problems + [problem for ledger in LEDGERS for problem in rule_problems(root, ledger)] + reason_problems(root) + annotation_problems(root) + flag_problems(root)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems = check(root)
    print("\n".join(problems) or "docs hold")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
