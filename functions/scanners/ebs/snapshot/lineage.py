"""Which snapshots may hold the same blocks, and what all of them in an account and region hold together.

A snapshot is incremental to the one before it of its volume; one of a volume that was made from a snapshot is incremental to that one; an
archived one is always full and shares nothing. https://docs.aws.amazon.com/ebs/latest/userguide/how_snapshots_work.html
Copies in one account and region are incremental to the copy before them, as long as they are encrypted alike: a lineage has one data
encryption key. Within an account and region a copy that is encrypted as before holds nothing of its own.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html (DataEncryptionKeyId)

Of a copy without a key AWS names no lineage: those of one region, size and (where the description names it) volume may be of one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.core.model import Resource
from functions.core.services import Together

COPIED = re.compile(r"\[Copied (snap-[0-9a-f]+) from ([a-z0-9-]+)\]|SourceSnapshot (snap-[0-9a-f]+)")
"""How the EC2 console and CopyImage name a copy's source."""
VOLUME = re.compile(r"\bvol-(?!ffffffff\b)[0-9a-f]{8,17}\b")
DAY_SECONDS = 86_400

Chain = tuple[str, ...]
"""What names a lineage: of what kind it is, and its own names."""
UNSURE = "copies"
"""The kind of a lineage that is only likely to be one."""
GIB = 1024**3


@dataclass(slots=True, kw_only=True)
class Kin(Resource):
    """What of a snapshot tells which other ones it may share blocks with, and what follows of that.

    `source_exists` is None when the source volume is not known. `full_bytes`: all its blocks, None where AWS does not say. `data_key`: the
    key that its blocks are encrypted with, empty without one. `copied`: it is surely a copy. `image`: one of our AMIs that is made of it,
    else empty.

    `relatives`: how many other snapshots may share blocks with it: those of its lineage, those of volumes that were made from it, and the
    one that its volume was made from. `one_lineage` is false when they are only likely to be of one. `together` is None for one that is
    not billed with the others.
    """

    volume_id: str
    source_exists: bool | None
    volume_gib: int
    full_bytes: int | None
    tier: str
    state: str
    description: str
    image: str
    data_key: str = ""
    copied: bool = False
    relatives: int = 0
    lineage: str = ""
    one_lineage: bool = True
    together: Together | None = None

    @property
    def most_gib(self) -> float:
        """All that it can hold: its full size where AWS says it, else its volume's."""
        return self.volume_gib if self.full_bytes is None else self.full_bytes / GIB


def relate(found: Sequence[Kin], made_from: Mapping[str, str]) -> None:
    """Fill in what may share blocks with what, and what is billed together, for all snapshots that a region keeps itself.

    `made_from`: volume → the snapshot that it was made from.
    """
    sharing = {snapshot.id: snapshot for snapshot in found if snapshot.tier != "archive"}
    chains: dict[Chain, list[Kin]] = defaultdict(list)
    for snapshot in sharing.values():
        chain = _chain(snapshot, sharing)
        snapshot.lineage, snapshot.one_lineage = " ".join(chain[1:]), chain[0] != UNSURE
        chains[chain].append(snapshot)
    children: dict[str, int] = defaultdict(int)
    for volume, origin in made_from.items():
        children[origin] += len(chains.get(("volume", volume), ()))
    changes: dict[str, float] = {}
    for chain, members in chains.items():
        base = sharing.get(made_from.get(chain[1], "")) if chain[0] == "volume" else None
        for snapshot in members:
            snapshot.relatives = len(members) - 1 + children.get(snapshot.id, 0) + (base is not None)
        changes |= _changes(members, base)
    _together([one for one in sharing.values() if one.state != "error"], changes)


def _source(snapshot: Kin) -> tuple[str, str]:
    """Of a copy: the snapshot that it was made of, and the region of that; each empty where the description does not say it."""
    named = COPIED.search(snapshot.description)
    return (named[1] or named[3], named[2] or "") if named else ("", "")


def _chain(snapshot: Kin, sharing: Mapping[str, Kin]) -> Chain:
    seen = {snapshot.id}
    while snapshot.source_exists is None:
        source = sharing.get(_source(snapshot)[0])
        if source is None or source.id in seen or source.data_key != snapshot.data_key:
            return _chain_of_copies(snapshot)
        seen.add(source.id)
        snapshot = source
    return "volume", snapshot.volume_id


def _chain_of_copies(snapshot: Kin) -> Chain:
    if snapshot.data_key:
        return "key", snapshot.data_key
    _, region = _source(snapshot)
    if not snapshot.copied:
        return "snapshot", snapshot.id
    volume = VOLUME.search(snapshot.description)
    return UNSURE, f"{snapshot.volume_gib} GiB", f"from {region or 'some region'}", f"of {volume[0] if volume else 'some volume'}"


def _changes(chain: Sequence[Kin], base: Kin | None) -> dict[str, float]:
    """Snapshot → its weight in what changed: GiB × days since the one before it. The first of a lineage, and a copy of one, has none."""
    ids = {one.id for one in chain}
    dated = [(one.created, one) for one in chain if one.created and not (one.source_exists is None and _source(one)[0] in ids)]
    before = base.created if base else None
    weights = {}
    for created, snapshot in sorted(dated, key=lambda each: (each[0], each[1].id)):
        if before is not None:
            weights[snapshot.id] = snapshot.most_gib * max(0.0, (created - before).total_seconds() / DAY_SECONDS)
        before = created
    return weights


def _together(billed: Sequence[Kin], changes: Mapping[str, float]) -> None:
    """What the bill knows in one sum only: all that this region keeps, and of it what no AMI of ours needs."""
    once = {one.id: one.most_gib / (one.relatives + 1) for one in billed}
    free = [one for one in billed if not one.image]
    sums = [sum(weights.get(one.id, 0.0) for one in these) for these in (billed, free) for weights in (once, changes)]
    for one in billed:
        one.together = Together(
            "AmazonEBS",
            "snapshot.standard",
            one.most_gib,
            once[one.id],
            changes.get(one.id, 0.0),
            len(billed),
            *(round(each, 4) for each in sums),
        )
