"""Known holes in what is installed: fails when an installed package has one, by pip-audit.

The advisories come from the package index. A mirror without them, or no network, is said and does
not fail: a change is not held up by what it did not do. ``ACCEPTED`` names holes that were looked
at and do not touch the shop, each with its reason.
"""

import json
import subprocess
import sys
import sysconfig

SECONDS = 180
ACCEPTED: dict[str, str] = {}


def report() -> dict:
    """What pip-audit says of this environment. OSError, ValueError: it could not ask."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json"]
    command += ["--timeout", "10", "--path", sysconfig.get_path("purelib")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"no answer within {SECONDS} s") from error
    if not done.stdout.strip():
        raise OSError((done.stderr.strip().splitlines() or ["no answer"])[-1])
    return json.loads(done.stdout)


def findings(said: dict) -> tuple[list[str], int, int]:
    """Lines of holes that count, packages that were looked up, packages that could not be."""
    lines = [
        f"{package['name']} {package['version']}: {hole['id']}"
        f" ({', '.join(hole.get('aliases', [])) or 'no other name'}),"
        f" mended in {', '.join(hole.get('fix_versions', [])) or 'no release yet'}"
        for package in said["dependencies"]
        for hole in package.get("vulns", [])
        if not ACCEPTED.keys() & {hole["id"], *hole.get("aliases", [])}
    ]
    skipped = sum("skip_reason" in package for package in said["dependencies"])
    return lines, len(said["dependencies"]) - skipped, skipped


def main() -> int:
    try:
        lines, asked, skipped = findings(report())
    except (OSError, ValueError) as error:
        print(f"not audited: {error}")
        return 0
    print(f"{asked} packages looked up, {skipped} of which the index says nothing")
    print(*lines, sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
