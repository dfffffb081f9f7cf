#!/usr/bin/env python3
"""Checks that every include respects the layers, and that no file outgrows its room.

The tables below are the whole dependency rule of the project (docs/architecture.md explains it).
Prints one line per violation; exit 1 if there is any.
"""

import pathlib
import re
import subprocess
import sys

# A folder -> project folders it may include besides itself. The longest matching folder decides.
MAY_INCLUDE = {
    "core": [],
    "include": [],
    "collectors": ["core", "include"],
    "analyzers": ["core"],
    "kernels": ["core/base"],
    "reference_moe": ["core/base", "kernels", "include"],
    "cli": ["core", "analyzers", "collectors/import", "collectors/inject"],
    "gui": ["core", "analyzers"],
    "samples": ["core/base", "kernels", "reference_moe", "include"],
    "tests": ["core", "collectors", "analyzers", "kernels", "reference_moe", "cli", "gui", "samples",
              "include"],
}

# Third-party header -> folders that may include it (tests may include anything they test).
ONLY_IN = [
    (r"sqlite3\.h", ["core/store"]),
    (r"fmt/", ["core", "collectors", "analyzers", "cli", "gui", "kernels", "reference_moe", "samples"]),
    (r"nlohmann/", ["core/report", "cli", "reference_moe"]),
    (r"CLI/", ["cli", "reference_moe"]),
    (r"toml\+\+", ["cli"]),
    (r"(elfutils/|dwarf\.h|libelf\.h|gelf\.h)", ["core/symbolize"]),
    (r"libunwind\.h", []),  # opened at run time, never included
    (r"zlib\.h", ["core"]),
    (r"simdjson\.h", ["collectors/import/kineto"]),
    (r"protozero/", ["core/export/perfetto"]),
    (r"nvtx3/", ["collectors/nvtx", "kernels", "reference_moe", "samples"]),
    (r"(cupti|generated_cuda)", ["collectors/cupti"]),
    (r"cuda(_runtime|_runtime_api|\.h)", ["collectors/cupti", "kernels", "reference_moe", "samples"]),
    (r"(torch/|ATen/|c10/)", ["collectors/torch", "kernels", "reference_moe", "samples"]),
    (r"Python\.h", ["collectors/python"]),
    (r"Q[A-Z]", ["gui"]),
    (r"(gtest|gmock|benchmark)/", []),
]

# Only these see argv or the environment.
ENVIRONMENT = re.compile(r"\b(getenv|setenv|putenv)\s*\(")
MAY_READ_ENVIRONMENT = re.compile(
    r"(^|/)main\.(cpp|cc)$|^cli/|^collectors/inject/|^collectors/torch/attach|^gui/app/|^tests/")

LIMITS = {".h": 250, ".cuh": 250, ".cpp": 500, ".cu": 500, ".py": 500}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def within(path, folder):
    return path == folder or path.startswith(folder + "/")


def longest(path, folders):
    matching = [folder for folder in folders if within(path, folder)]
    return max(matching, key=len) if matching else None


def include_violation(path, quote, header):
    # A test may stand in the folder that it tests (rules do); it has the rights of tests/.
    in_tests = path.startswith("tests/") or re.search(r"_test\.(cpp|cu)$", path)
    own = "tests" if in_tests else longest(path, MAY_INCLUDE)
    if quote == '"':
        if header.startswith(".") or ".." in header.split("/"):
            return f'include "{header}" by its path from the repository root'
        target = longest(header, MAY_INCLUDE)
        if target is None:
            return f'"{header}" is not a path from the repository root'
        if target == "tests" and not in_tests:
            return f"only tests may include \"{header}\""
        if within(header, own) or any(within(header, allowed) for allowed in MAY_INCLUDE[own]):
            return None
        return f"'{own}' may not include \"{header}\" (it may use: {', '.join(MAY_INCLUDE[own]) or 'nothing'})"
    if in_tests:
        return None
    for pattern, folders in ONLY_IN:
        if re.match(pattern, header) and not any(within(path, folder) for folder in folders):
            return f"<{header}> belongs only in {', '.join(folders) or 'tests'}"
    return None


def violations(root):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            cwd=root, capture_output=True, text=True, check=True).stdout
    for path in sorted(set(listed.splitlines())):
        suffix = pathlib.Path(path).suffix
        file = root / path
        if suffix not in LIMITS or not file.is_file():
            continue
        lines = file.read_text(errors="replace").splitlines()
        if len(lines) > LIMITS[suffix]:
            yield f"{path}: {len(lines)} lines; the limit for {suffix} is {LIMITS[suffix]}: split it"
        if suffix == ".py" or longest(path, MAY_INCLUDE) is None:
            continue
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            complaint = include_violation(path, *match.groups()) if match else None
            if complaint:
                yield f"{path}:{number}: {complaint}"
            if suffix in (".h", ".cuh") and re.match(r"\s*using\s+namespace\b", line):
                yield f"{path}:{number}: no 'using namespace' in a header"
            if ENVIRONMENT.search(line) and not MAY_READ_ENVIRONMENT.search(path):
                yield f"{path}:{number}: only main.cpp, command files and collectors/inject read the environment"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found = list(violations(root))
    print("\n".join(found) if found else "layers: every include and file size is within the rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
