"""Holds software bills of materials against the schema of CycloneDX that each says it follows.

    python -m tools.check_sbom dist/sbom-python.cdx.json dist/sbom-web.cdx.json

Exit code 1 if one is invalid or lists nothing.
"""

import argparse
import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def problem_of(path: Path) -> str | None:
    """Say what is wrong with a document, None if all is well."""
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    version = SchemaVersion.from_version(document["specVersion"])
    if error := JsonStrictValidator(version).validate_str(text):
        return f"does not follow CycloneDX {version.to_version()}: {error}"
    if not document.get("components"):
        return "lists nothing"
    return None


def main() -> None:
    """Check each file that is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    failed = False
    for path in parser.parse_args().files:
        problem = problem_of(path)
        count = len(json.loads(path.read_text(encoding="utf-8")).get("components", []))
        print(f"{path}: {problem or f'valid, {count} components'}")
        failed |= problem is not None
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
