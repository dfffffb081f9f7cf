#!/usr/bin/env python3
"""Validates reports by their ending: .xml against junit.xsd, .sarif against the SARIF 2.1.0 schema."""

import json
import pathlib
import sys

import jsonschema
import xmlschema

HERE = pathlib.Path(__file__).resolve().parent


def main(paths):
    bad = 0
    sarif = None
    for path in paths:
        if path.endswith(".xml"):
            errors = list(xmlschema.XMLSchema(str(HERE / "junit.xsd")).iter_errors(path))
        elif path.endswith(".sarif"):
            if sarif is None:
                schema = json.loads((HERE / "sarif-schema-2.1.0.json").read_text())
                sarif = jsonschema.validators.validator_for(schema)(schema)
            errors = list(sarif.iter_errors(json.loads(pathlib.Path(path).read_text())))
        else:
            sys.exit(f"{path}: no schema for this ending")
        for error in errors[:5]:
            print(f"{path}: {getattr(error, 'reason', None) or error.message}")
        bad += bool(errors)
    print(f"{len(paths) - bad} of {len(paths)} valid")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
