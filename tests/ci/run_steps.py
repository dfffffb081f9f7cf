#!/usr/bin/env python3
"""Runs the shell steps of docs/ci.md in a small repository and checks what they leave behind.

    run_steps.py --hotloop build/dev/bin/hotloop [--python .cache/env/bin/python]

Every step runs twice: on unchanged code, where it must pass, and on a commit that adds a .item() to the loop, where it
must fail with 1 and name the line. The program is a PyTorch script, so this needs what tools/setup installs. --pairs 2
makes no more pairs than that in steps with `hotloop ab`: the counters decide, and no verdict on time is asked for.
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
LINE = 1 + TRAIN.splitlines().index("        #SYNC#")


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
            listed = re.findall(r"^    - (.*)$", body, re.M)
            if listed:
                yield "gitlab", "\n".join(listed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotloop", required=True)
    parser.add_argument("--python", default=str(ROOT / ".cache/env/bin/python"))
    parser.add_argument("--pairs", help="pairs of hotloop ab, like 2 or 10,20,30; default: those of the steps")
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
                           GITHUB_BASE_REF="main", CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main", CHANGE_TARGET="main",
                           GITHUB_STEP_SUMMARY=str(folder / "summary.md"))
        if options.pairs:
            environment["HOTLOOP_PAIRS"] = options.pairs

        def git(*words):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=folder / "repo", check=True,
                           capture_output=True)

        repo = folder / "repo"
        repo.mkdir()
        git("init", "-b", "main")
        (repo / "train.py").write_text(TRAIN.replace("#SYNC#", ""))
        git("add", ".")
        git("commit", "-m", "train")
        subprocess.run(["git", "clone", "-q", "--bare", repo, folder / "origin.git"], check=True, capture_output=True)
        git("remote", "add", "origin", folder / "origin.git")
        git("fetch", "-q", "origin")
        git("checkout", "-q", "-b", "change")
        steps = list(steps_of((ROOT / "docs/ci.md").read_text()))
        steps.sort(key=lambda step: step[0] != "first baseline")
        for changed in (False, True):
            if changed:
                (repo / "train.py").write_text(TRAIN.replace("#SYNC#", "total += loss.item()"))
                git("commit", "-am", "train: the loss is summed up")
            for system, script in steps:
                if changed and system == "first baseline":
                    continue
                leftovers = ["now.hotloop", "ab.json", *(f"{name}.{kind}" for name in ("hotloop", "ab")
                                                         for kind in ("md", "xml", "sarif", "html"))]
                for leftover in leftovers:
                    (repo / leftover).unlink(missing_ok=True)
                done = subprocess.run(["/bin/sh", "-e", "-c", script], cwd=repo, env=environment, capture_output=True, text=True)
                wanted = 1 if changed else 0
                good = done.returncode == wanted
                for name in re.findall(r"--report \w+=(\S+)", script):
                    good = good and (repo / name).exists() and (repo / name).stat().st_size > 0
                what = system + (" time" if "hotloop ab" in script else "")
                print(f"{'ok' if good else 'FAILED'}  {what:<15} {'with a new sync' if changed else 'unchanged':<16} exit {done.returncode}")
                if not good:
                    failures.append(what)
                    print(done.stdout[-2000:], done.stderr[-2000:])
                if changed and f"train.py:{LINE}" not in done.stdout:
                    failures.append(what + ": the line is not named")
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
