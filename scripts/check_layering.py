#!/usr/bin/env python3
"""Checks who may include what (docs/architecture.md, "Layers"), and that no file is too long. Run by ctest as `layering`.

    check_layering.py [ROOT]        exit 0 and "layering holds", or 1 and one line per problem

Every rule stands in one of the tables below; an exception is a line in a table, never code.
"""
import fnmatch
import pathlib
import re
import sys

PURE_FOLDERS = [
    "lib/base", "lib/net", "lib/api", "lib/reconcile",
    "controller/plan", "controller/status",
    "node/plan", "node/vrrp", "node/neighbor", "node/address", "node/ipvs", "node/filter", "node/health",
]
SHELL_FOLDERS = ["lib/apiserver", "lib/sys", "node/kernel", "node/wire", "node/probe"]
WIRING_FOLDERS = ["controller/app", "node/agent"]
MAIN_FOLDERS = ["controller", "node", "cli"]  # hold main.cc and nothing that others include

# Direction: a folder may include folders of its own rank or below.
RANK = {"lib/base": 0, "lib/net": 1}
RANK |= {folder: 2 for folder in PURE_FOLDERS if folder not in RANK}
RANK |= {folder: 3 for folder in SHELL_FOLDERS}
RANK |= {folder: 4 for folder in WIRING_FOLDERS}
RANK |= {folder: 5 for folder in MAIN_FOLDERS}

# Trees: which top folders a top folder may include at all.
TREES = {"lib": {"lib"}, "controller": {"controller", "lib"}, "node": {"node", "lib"},
         "cli": {"cli", "lib", "controller", "node"}}
# The only folders of the components that cli/ may include.
CLI_MAY_INCLUDE = {"controller/plan", "node/plan"}

# Standard headers that compute values and touch nothing.
PURE_STANDARD = set("""
    algorithm array bit bitset cassert cctype charconv chrono cinttypes climits cmath compare concepts
    cstddef cstdint cstdio cstdlib cstring deque expected functional initializer_list iterator limits list map
    memory memory_resource new numbers numeric optional queue ratio regex set span stack stdexcept string
    string_view system_error tuple type_traits typeinfo unordered_map unordered_set utility variant vector
    version""".split())

# Pure files may not call these, whatever they include.
IMPURE_CALLS = [
    (re.compile(r"_clock::now\s*\("), "reads a clock"),
    (re.compile(r"\b(gettimeofday|clock_gettime|localtime|gmtime)\s*\("), "reads a clock"),
    (re.compile(r"\btime\s*\(\s*(nullptr|NULL|0|&)"), "reads a clock"),
    (re.compile(r"\b(getenv|secure_getenv|setenv)\s*\("), "reads the environment"),
    (re.compile(r"\b(rand|srand|random|arc4random|getrandom)\s*\(|\brandom_device\b"), "rolls dice"),
    (re.compile(r"\b(fopen|fprintf|printf|puts|system|popen|perror)\s*\("), "touches the outside"),
    (re.compile(r"\bsys::log\s*\("), "logs"),
]

# Library (by the start of its headers' names) -> the files that may include it.
LIBRARIES = [
    ("cpprest/", ["lib/apiserver/transport_cpprest.cc"]),
    ("pplx/", ["lib/apiserver/transport_cpprest.cc"]),
    ("boost/", ["lib/sys/loop.cc", "lib/sys/http_listener.cc", "lib/apiserver/transport_cpprest.cc",
                "node/probe/*.cc"]),
    ("nlohmann/json_fwd.hpp", ["lib/api/*.cc", "lib/api/*.h"]),
    ("rapidjson/fwd.h", ["lib/api/json_view.h"]),
    ("rapidjson/", ["lib/api/json_tree.h"]),
    ("nlohmann/", ["lib/api/*.cc", "lib/sys/yaml.cc"]),
    ("openssl/", ["lib/api/*.cc", "lib/apiserver/*.cc", "node/probe/*.cc"]),
    ("spdlog/", ["lib/sys/log.cc"]),
    ("fmt/", ["lib/sys/log.cc"]),
    ("prometheus/", ["lib/sys/metrics.cc"]),
    ("yaml-cpp/", ["lib/sys/yaml.cc"]),
    ("CLI/", ["*/main.cc"]),
    ("netlink/", ["node/kernel/*", "node/wire/*"]),
    ("libkmod.h", ["node/kernel/*.cc"]),
    ("cap-ng.h", ["node/kernel/*.cc", "node/main.cc"]),
]

# System headers that a pure file may use all the same, and why.
PURE_EXCEPTIONS = [
    ("lib/net/*.cc", "arpa/inet.h"),  # inet_pton, inet_ntop: text <-> address, no socket
]

# May write `using namespace`: programs of one file, which nobody includes.
USING_NAMESPACE = ["*/main.cc"]

LONGEST_FILE = 300  # lines, style 28
SOURCE_ROOTS = ["lib", "controller", "node", "cli"]
OTHER_ROOTS = ["tests", "scripts"]  # whose files include what they like, and are no longer either
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def without_comments(text):
    """The text with comments and the insides of strings blanked, line by line where it was."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
                       r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])*'", re.DOTALL)

    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return token.sub(blank, text)


def matches_any(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def folder_of(path):
    return path.rsplit("/", 1)[0]


def project_include_problem(path, target):
    """Why `path` may not include the project header `target`, or None."""
    source, wanted = folder_of(path), folder_of(target) if "/" in target else ""
    top, wanted_top = source.split("/")[0], wanted.split("/")[0]
    if wanted not in RANK:
        return f"include \"{target}\" is not the full path of a header of the project"
    if wanted == source:
        return None
    if wanted_top not in TREES[top]:
        return f"{top}/ may not include {wanted_top}/"
    if top == "cli" and wanted_top in ("controller", "node") and wanted not in CLI_MAY_INCLUDE:
        return f"cli/ may not include {wanted}"
    if RANK[wanted] > RANK[source]:
        return f"{source} may not include {wanted}: direction is main, wiring, shell, pure, lib/net, lib/base"
    return None


def system_include_problem(path, header):
    """Why `path` may not include <header>, or None."""
    for prefix, allowed in LIBRARIES:
        if header.startswith(prefix):
            return None if matches_any(path, allowed) else f"<{header}> belongs in {', '.join(allowed)} only"
    if folder_of(path) not in PURE_FOLDERS or header in PURE_STANDARD:
        return None
    if any(fnmatch.fnmatch(path, files) and header == name for files, name in PURE_EXCEPTIONS):
        return None
    return f"a pure folder may not use <{header}>"


def length_problems(lines):
    """The problem of a file that is too long, as (line, message)."""
    return [(LONGEST_FILE + 1, f"{len(lines)} lines, {LONGEST_FILE} is the limit")] if len(lines) > LONGEST_FILE else []


def file_problems(path, text):
    """All problems of one file, as (line, message), and the project folders it includes."""
    lines = text.splitlines()
    code = without_comments(text).splitlines()
    problems, included = length_problems(lines), set()
    if path.endswith(".h") and not any(line.strip() == "#pragma once" for line in code):
        problems.append((1, "a header without #pragma once"))
    pure = folder_of(path) in PURE_FOLDERS
    for number, (line, stripped) in enumerate(zip(lines, code), 1):
        include = INCLUDE.match(line) if stripped.lstrip().startswith("#") else None
        if include and include[1] == '"':
            included.add(folder_of(include[2]) if "/" in include[2] else "")
            problem = project_include_problem(path, include[2])
            problems += [(number, problem)] if problem else []
        elif include:
            problem = system_include_problem(path, include[2])
            problems += [(number, problem)] if problem else []
        if re.search(r"\busing\s+namespace\b", stripped) and not matches_any(path, USING_NAMESPACE):
            problems.append((number, "using namespace"))
        for call, what in IMPURE_CALLS if pure else []:
            if call.search(stripped):
                problems.append((number, f"a pure folder that {what}"))
    return problems, included


def cycles(graph):
    """Folders of one rank that include each other, directly or by others: each ring once."""
    found, done = set(), set()

    def visit(folder, trail):
        if folder in trail:
            ring = trail[trail.index(folder):]
            first = ring.index(min(ring))
            found.add(" -> ".join(ring[first:] + ring[:first] + [min(ring)]))
            return
        if folder in done:
            return
        for target in sorted(graph.get(folder, ())):
            visit(target, trail + [folder])
        done.add(folder)
    for folder in sorted(graph):
        visit(folder, [])
    return sorted(found)


def check(root):
    """All problems of the tree, as printable lines."""
    problems, graph = [], {}
    for top in SOURCE_ROOTS:
        for file in sorted((root / top).rglob("*.[hc]*")):
            path = file.relative_to(root).as_posix()
            if file.suffix not in (".h", ".cc"):
                problems.append(f"{path}:1: sources end in .cc, headers in .h")
                continue
            if folder_of(path) not in RANK:
                problems.append(f"{path}:1: {folder_of(path)} is no folder of the layout")
                continue
            found, included = file_problems(path, file.read_text(encoding="utf-8"))
            problems += [f"{path}:{line}: {message}" for line, message in found]
            equals = {other for other in included if RANK.get(other) == RANK[folder_of(path)]}
            graph.setdefault(folder_of(path), set()).update(equals - {folder_of(path)})
    for file in sorted(file for top in OTHER_ROOTS for file in (root / top).rglob("*") if file.suffix in (".h", ".cc", ".py")):
        problems += [f"{file.relative_to(root).as_posix()}:{line}: {message}"
                     for line, message in length_problems(file.read_text(encoding="utf-8").splitlines())]
    return problems + [f"folders in a ring: {ring}" for ring in cycles(graph)]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems = check(root)
    print("\n".join(problems) or "layering holds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
