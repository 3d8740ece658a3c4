"""The steps that end what pays for a place."""

from __future__ import annotations

from functions.core.ownership.payer import Payer


def test_what_comes_from_outside_is_one_word_each() -> None:
    payer = Payer("cr-1; reboot", "a reservation", ("aws ec2 one --region {region} --of {payer}", "aws ec2 two --for {id}"))
    assert payer.ending("i 1", "us-east-1") == "aws ec2 one --region us-east-1 --of 'cr-1; reboot' &&\naws ec2 two --for 'i 1'"


def test_what_only_time_ends_has_no_step() -> None:
    assert Payer("cb-1", "Capacity Block cb-1").ending("i-1", "us-east-1") == ""
