"""Writes the names that every JavaScript or TypeScript file sees: ``python -m benchmarks.known_words FOLDER``.

FOLDER is the ``lib`` of an installed TypeScript. What hosts and test runners add is listed here by hand.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

TARGET = Path(__file__).parents[1] / "server/tierwise/validation/known/ecmascript_globals.txt"
HOSTS = """
require module exports __dirname __filename process Buffer global setImmediate clearImmediate NodeJS Deno Bun arguments
undefined NaN Infinity describe it test expect beforeEach afterEach beforeAll afterAll before after suite context jest
vi vitest mocha cy Cypress assert chai sinon jasmine spyOn fixture bench JSX React $ jQuery chrome browser wp google
gtag define goog import meta super this new target const
"""
DECLARED = re.compile(
    r"^(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:var|let|const|function|class|interface|type|namespace|enum)\s+"
    r"([A-Za-z_$][\w$]*)",
    re.MULTILINE,
)


def main() -> None:
    """Collect and write."""
    names = set(HOSTS.split())
    for file in sorted(Path(sys.argv[1]).glob("lib.*.d.ts")):
        names |= set(DECLARED.findall(file.read_text(encoding="utf-8")))
    head = "# Names that every JavaScript or TypeScript file sees; written by benchmarks/known_words.py.\n"
    text = textwrap.fill(" ".join(sorted(names)), 120, break_long_words=False, break_on_hyphens=False)
    TARGET.write_text(head + text + "\n", encoding="utf-8")
    print(f"{len(names)} names")


if __name__ == "__main__":
    main()
