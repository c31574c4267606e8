"""`tx` with our exchange, as the document configures it."""

import os
import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/compatible-feeds.md"


class Tx:
    """`tx` with a home of its own, and our exchange as the document configures it."""

    def __init__(self, home: Path, url: str, token: str) -> None:
        self.home, self.url, self.token = home, url, token

    def configure(self) -> None:
        """Do as the document says, which ends with a first fetch."""
        block = next(
            text
            for text in re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
            if "takeback.exchange_for_tx" in text
        )
        script = block.replace("https://list.example.org", self.url).replace("tb1_…", self.token)
        assert "Up to date" in run(script, self.home).stderr

    def fetch(self) -> None:
        run(f"TX_TAKEBACK_TOKEN={self.token} tx fetch", self.home)

    def matches(self, pdq: str) -> bool:
        return "from_hotline" in run(f"tx match --hashes photo -- {pdq}", self.home).stdout


def run(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    tools = Path(sys.executable).parent
    done = subprocess.run(
        ["/bin/sh", "-ec", script],
        env={**os.environ, "HOME": str(home), "PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done
