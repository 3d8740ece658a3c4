"""Synthesises the CDK app in a process of its own (CDK brings Node and 200 MB, and the sweep needs neither), which ends with its owner.

python -m finops.embedded.synth <folder> <settings as JSON>, started by `finops/embedded/cloud_assembly.py`, which holds standard input
open.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path


def end_with_owner() -> None:
    """Exit as soon as standard input is closed: our owner is gone, or does not want us any more."""
    os.read(0, 1)
    os._exit(1)


def main() -> None:
    """Write the cloud assembly into the folder that was named."""
    threading.Thread(target=end_with_owner, daemon=True).start()
    from cdk_app.app import synth

    synth(Path(sys.argv[1]), **json.loads(sys.argv[2]))


if __name__ == "__main__":
    main()
