#!/usr/bin/env python3
"""Makes docs/rules from the pages that stand in the rules' folders.

    tools/rule_docs.py            write docs/rules
    tools/rule_docs.py --check    exit 1 when docs/rules is not what would be written
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def pages():
    """File name -> text, the index included."""
    result = {}
    index = ["# The rules", "",
             "Each rule has a page; `hotloop rules show ID` prints it. These files are made by "
             "`tools/rule_docs.py` from", "`analyzers/rules/<id_name>/<id_name>.md`.", ""]
    for page in sorted((ROOT / "analyzers" / "rules").glob("hl*/hl*.md")):
        text = page.read_text()
        result[page.name] = text
        index.append(f"- [{text.splitlines()[0].lstrip('# ')}]({page.name})")
    result["README.md"] = "\n".join(index) + "\n"
    return result


def main():
    folder = ROOT / "docs" / "rules"
    wanted = pages()
    present = {page.name: page.read_text() for page in folder.glob("*.md")}
    if sys.argv[1:] == ["--check"]:
        if wanted == present:
            print("docs/rules is current")
            return 0
        print("docs/rules is not current: run tools/rule_docs.py and commit the result")
        return 1
    folder.mkdir(exist_ok=True)
    for name in present.keys() - wanted.keys():
        (folder / name).unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
