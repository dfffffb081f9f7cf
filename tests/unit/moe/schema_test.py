"""The JSON of `hotloop-moe stack` and `validate` follows docs/schema.  schema_test.py HOTLOOP_MOE"""

import json
import pathlib
import subprocess
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "docs" / "schema"
SIZES = "--tokens 16 --dim 8 --hidden 8 --experts 4 --threads 1 --rounds 2 --steps 1 --json".split()


def check(program, name, arguments, code):
    done = subprocess.run([program, *arguments, *SIZES], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, f"{arguments}: exit code {done.returncode}, not {code}: {done.stderr}"
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    result = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema).validate(result)
    del result["machine"]
    try:
        jsonschema.Draft202012Validator(schema).validate(result)
    except jsonschema.ValidationError:
        return
    raise AssertionError(f"{name}: the schema accepts a result without 'machine', so it checks nothing")


def main():
    program = sys.argv[1]
    check(program, "moe_stack", ["stack"], 0)
    check(program, "moe_stack", ["stack", "--mode", "inference"], 0)
    check(program, "moe_validate", ["validate", "--expect", "0", "--memory-limit", "64", "--configuration",
                                    "dispatch=grouped"], 0)
    check(program, "moe_validate", ["validate", "--expect", "0", "--configuration", "baseline"], 1)
    print("4 outputs follow their schemas")


if __name__ == "__main__":
    main()
