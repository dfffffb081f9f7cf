#!/usr/bin/env python3
"""Validates reports by their ending: .xml against junit.xsd, .sarif against the SARIF 2.1.0 schema, .json with a
"schema" of ours against docs/schema, GitLab's list by the fields that GitLab reads, .html, .md, .csv and .txt
(workflow commands of GitHub) by the rules and limits of who shows them."""

import csv
import html.parser
import io
import json
import pathlib
import re
import sys

import jsonschema
import referencing
import xmlschema

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs/schema"
VOID = {"meta", "br", "hr", "img", "input", "link", "line", "circle", "rect", "path", "text"}


def junit(path):
    return [error.reason or str(error) for error in xmlschema.XMLSchema(str(HERE / "junit.xsd")).iter_errors(str(path))]


def against(schema, document, registry=None):
    validator = jsonschema.validators.validator_for(schema)
    made = validator(schema, registry=registry) if registry else validator(schema)
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in made.iter_errors(document)]


def sarif(path):
    return against(json.loads((HERE / "sarif-schema-2.1.0.json").read_text()), json.loads(path.read_text()))


def ours(path):
    document = json.loads(path.read_text())
    if isinstance(document, list):
        return gitlab(document)
    name = document["schema"].removeprefix("hotloop.").partition("/")[0]
    resources = [(one.name, referencing.Resource.from_contents(json.loads(one.read_text()),
                                                               referencing.jsonschema.DRAFT202012))
                 for one in DOCS.glob("*.json")]
    return against(json.loads((DOCS / f"{name}.json").read_text()), document,
                   referencing.Registry().with_resources(resources))


def gitlab(issues):
    errors, seen = [], set()
    for i, issue in enumerate(issues):
        if not all(isinstance(issue.get(key), str) and issue[key] for key in ("description", "check_name", "fingerprint")):
            errors.append(f"issue {i} lacks description, check_name or fingerprint")
        if issue.get("severity") not in ("info", "minor", "major", "critical", "blocker"):
            errors.append(f"issue {i} has no severity that GitLab knows")
        location = issue.get("location", {})
        if not location.get("path") or location["path"].startswith("/") or location.get("lines", {}).get("begin", 0) < 1:
            errors.append(f"issue {i} has no place inside of the repository")
        if issue.get("fingerprint") in seen:
            errors.append(f"issue {i} has the fingerprint of another one")
        seen.add(issue.get("fingerprint"))
    return errors


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.errors = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "srcset", "action") and not (value or "").startswith(("#", "data:")):
                self.errors.append(f"line {self.getpos()[0]} loads {value}")
        if tag == "script":
            self.errors.append("there is a script")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"line {self.getpos()[0]}: </{tag}> closes nothing")


def page(path):
    reader = Page()
    text = path.read_text()
    reader.feed(text)
    reader.close()
    errors = reader.errors + [f"<{tag}> is never closed" for tag in reader.open]
    if not text.startswith("<!doctype html>") or re.search(r"url\(\s*['\"]?https?:", text):
        errors.append("is no self-contained page")
    return errors


def markdown(path):
    text = path.read_text()
    errors = [] if len(text) < 65536 else ["is longer than a comment on GitHub may be"]
    if not text.startswith("<!-- hotloop"):
        errors.append("does not begin with the mark of the sticky comment")
    width = None
    for number, line in enumerate(text.split("\n"), 1):
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else None
        if cells is not None and width is not None and cells != width:
            errors.append(f"line {number} has {cells} bars, its table {width}")
        width = cells
    return errors


def table(path):
    rows = list(csv.reader(io.StringIO(path.read_text()), strict=True))
    return [f"row {i} has {len(row)} cells" for i, row in enumerate(rows) if len(row) != len(rows[0])]


def commands(path):
    lines = path.read_text().splitlines()
    shape = re.compile(r"::(error|warning|notice)( [a-zA-Z]+=[^,:]*(,[a-zA-Z]+=[^,:]*)*)?::\S.*")
    errors = [f"line {i} is no workflow command: {line[:60]}" for i, line in enumerate(lines, 1) if not shape.fullmatch(line)]
    for kind in ("error", "warning"):
        if sum(line.startswith(f"::{kind}") for line in lines) > 10:
            errors.append(f"GitHub shows no more than ten of {kind}")
    return errors


CHECKS = {".xml": junit, ".sarif": sarif, ".json": ours, ".html": page, ".md": markdown, ".csv": table, ".txt": commands}


def main(paths):
    bad = 0
    for name in paths:
        path = pathlib.Path(name)
        if path.suffix not in CHECKS:
            sys.exit(f"{path}: no schema for this ending")
        errors = CHECKS[path.suffix](path)
        for error in errors[:5]:
            print(f"{path}: {error}")
        bad += bool(errors)
    print(f"{len(paths) - bad} of {len(paths)} valid")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
