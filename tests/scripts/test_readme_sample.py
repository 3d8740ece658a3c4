"""README's sample output is what the program prints."""

from __future__ import annotations

from scripts import readme_sample


def test_the_block_is_the_printout_of_the_kept_summary() -> None:
    kept = readme_sample.summary()
    lines = readme_sample.block(kept).splitlines()
    assert lines[0] == "Largest savings"
    assert lines[1].split() == ["$", "a", "month", "Action", "Resource", "Account", "Region", "Check"]
    assert [float(line.split()[0].replace(",", "")) for line in lines[2:6]] == [
        round(one["monthly_savings"]["likely"], 2) for one in kept["largest"][:4]
    ]
    assert lines[6] == "   …"
    assert lines[7].startswith("Coverage 100 %: ")
    counts = f"{kept['totals']['findings']:,} findings in {kept['totals']['resources']:,} resources: "
    assert [line for line in lines if line.startswith(counts)]
    assert lines[-1] == f"planted {kept['totals']['findings']}, found {kept['totals']['findings']}, missed 0, unexpected 0"
    assert not any("took" in line for line in lines), "the seconds are those of some machine"


def test_readme_shows_it_and_nothing_else_changes() -> None:
    text = readme_sample.README.read_text(encoding="utf-8")
    assert text.count(readme_sample.BEGIN) == 1
    assert readme_sample.block(readme_sample.summary()) in text
    assert readme_sample.page() == text
