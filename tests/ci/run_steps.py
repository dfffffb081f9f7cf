#!/usr/bin/env python3
"""Runs the shell steps of docs/ci.md in a small repository and checks what they leave behind.

    run_steps.py --hotloop build/dev/bin/hotloop [--python .cache/env/bin/python]

Every step runs twice: on unchanged code, where it must pass, and with a .item() in the loop, where `check` must fail
with 1. The program is a PyTorch script where torch can be imported, so this needs what tools/setup installs.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

TRAIN = """import sys
import torch

steps = int(sys.argv[sys.argv.index("--steps") + 1])
torch.set_num_threads(1)
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.GELU(), torch.nn.Linear(64, 8))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
data = torch.randn(32, 64)
total = 0.0
for step in range(steps):
    with torch.profiler.record_function("step"):
        loss = model(data).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        #SYNC#
"""


def steps_of(text):
    """(system, script) of every step that a CI system would hand to a shell."""
    for block in re.findall(r"```(\w+)\n(.*?)```", text, re.S):
        kind, body = block
        if kind == "sh":
            yield "first baseline", body
        elif kind == "groovy":
            for script in re.findall(r"sh '''(.*?)'''", body, re.S):
                yield "jenkins", script
        elif kind == "yaml":
            for script in re.findall(r"run: \|\n((?: {10}.*\n)+)", body):
                yield "github", re.sub(r"^ {10}", "", script, flags=re.M)
            listed = re.findall(r"^    - (hotloop .*)$", body, re.M)
            if listed:
                yield "gitlab", "\n".join(listed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotloop", required=True)
    parser.add_argument("--python", default=str(ROOT / ".cache/env/bin/python"))
    parser.add_argument("--skip", default="", help="leave out steps with this word in them, like 'ab --base-ref'")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hotloop-ci-"))
    failures = []
    try:
        tools = folder / "tools"
        tools.mkdir()
        (tools / "hotloop").write_text(f'#!/bin/sh\nexec "{pathlib.Path(options.hotloop).resolve()}" "$@"\n')
        (tools / "python3").write_text(f'#!/bin/sh\nexec "{pathlib.Path(options.python).absolute()}" "$@"\n')
        for tool in tools.iterdir():
            tool.chmod(0o755)
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", XDG_CACHE_HOME=str(folder / "cache"),
                           GITHUB_BASE_REF="main", GITHUB_STEP_SUMMARY=str(folder / "summary.md"))

        def git(*words):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=folder / "repo", check=True,
                           capture_output=True)

        repo = folder / "repo"
        repo.mkdir()
        git("init", "-b", "main")
        (repo / "train.py").write_text(TRAIN.replace("#SYNC#", ""))
        git("add", ".")
        git("commit", "-m", "train")
        git("update-ref", "refs/remotes/origin/main", "HEAD")
        steps = list(steps_of((ROOT / "docs/ci.md").read_text()))
        steps.sort(key=lambda step: step[0] != "first baseline")
        for changed in (False, True):
            (repo / "train.py").write_text(TRAIN.replace("#SYNC#", "total += loss.item()" if changed else ""))
            for system, script in steps:
                if (changed and system == "first baseline") or (options.skip and options.skip in script):
                    continue
                for leftover in ("now.hotloop", "ab.json", "hotloop.md", "hotloop.xml", "hotloop.sarif", "hotloop.html"):
                    (repo / leftover).unlink(missing_ok=True)
                done = subprocess.run(["/bin/sh", "-e", "-c", script], cwd=repo, env=environment, capture_output=True, text=True)
                wanted = 1 if changed else 0
                good = done.returncode == wanted
                for name in re.findall(r"--report \w+=(\S+)", script):
                    good = good and (repo / name).exists() and (repo / name).stat().st_size > 0
                print(f"{'ok' if good else 'FAILED'}  {system:<15} {'with a new sync' if changed else 'unchanged':<16} exit {done.returncode}")
                if not good:
                    failures.append(system)
                    print(done.stdout[-2000:], done.stderr[-2000:])
                if changed and system != "first baseline" and "train.py:17" not in done.stdout and "check" in script:
                    failures.append(system + ": the line is not named")
                    print(done.stdout[-1500:])
        summary = folder / "summary.md"
        if not summary.exists() or "hotloop check" not in summary.read_text():
            failures.append("no step summary")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("failed: " + ", ".join(failures) if failures else "every step works")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
