"""Which code made a figure."""

import subprocess
from functools import lru_cache
from pathlib import Path


@lru_cache
def commit() -> str:
    """Short commit of the checkout, with ``+`` when files differ from it."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        result = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True)
        return result.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain") else "")
