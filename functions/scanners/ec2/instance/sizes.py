"""The sizes of instance types: what each has of vCPUs, memory, network and EBS bandwidth, and which of its family are smaller.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.aws.clients import Aws
from functions.core.aws.refusals import NotOffered
from functions.core.errors import Denied
from functions.scanners.ec2.instance_types import family

OPERATION = "DescribeInstanceTypes"
IAM = f"ec2:{OPERATION}"
PAGE = 100
"""The most that AWS puts on a page."""
FILTER_VALUES = 200
"""The most filter values in one request."""


@dataclass(slots=True, frozen=True)
class Size:
    """What a type has. `network_gbps`, `ebs_mbps` (megabytes) and `ebs_iops`: what it sustains, a second, without credits; None where AWS
    does not say. `interfaces`, `addresses` (IPv4, of one interface): the most. `volumes`: the most attachments, None where AWS does not
    say; `shared`: its network interfaces count as such. `disks_gb`: instance store.
    """

    kind: str
    vcpus: int
    memory_mib: int
    network_gbps: float | None = None
    ebs_mbps: float | None = None
    ebs_iops: int | None = None
    interfaces: int = 1
    addresses: int = 1
    volumes: int | None = None
    shared: bool = False
    disks_gb: int = 0
    bursts: bool = False
    metal: bool = False

    def smaller_than(self, other: Size) -> bool:
        """Less of vCPUs or memory, and not more of the other."""
        mine, its = (self.vcpus, self.memory_mib), (other.vcpus, other.memory_mib)
        return mine != its and mine[0] <= its[0] and mine[1] <= its[1]


@dataclass(slots=True, frozen=True)
class Attached:
    """What an instance brings along: `interfaces`, the most IPv4 `addresses` of one of them, and `volumes`. `vcpus`: what its CPU options
    give it, None where AWS does not say.
    """

    interfaces: int = 0
    addresses: int = 0
    volumes: int = 0
    vcpus: int | None = None

    def fits(self, size: Size) -> bool:
        """The type takes all of it. Where AWS does not say how many volumes, one that takes its interfaces is taken for one that does:
        types that old take as many in all sizes. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html
        """
        attached = self.volumes + (self.interfaces if size.shared else 0)
        enough = size.volumes is None or attached <= size.volumes
        return enough and self.interfaces <= size.interfaces and self.addresses <= size.addresses


NOTHING_ATTACHED = Attached()


def attached(described: Mapping[str, Any]) -> Attached:
    """What an instance of DescribeInstances has attached. Its devices are its EBS volumes: instance stores are not listed there."""
    interfaces, options = described.get("NetworkInterfaces", ()), described.get("CpuOptions") or {}
    threads = options.get("CoreCount", 0) * options.get("ThreadsPerCore", 0)
    return Attached(
        interfaces=len(interfaces),
        addresses=max((len(interface.get("PrivateIpAddresses", ())) for interface in interfaces), default=0),
        volumes=len(described.get("BlockDeviceMappings", ())),
        vcpus=threads or None,
    )


@dataclass(slots=True)
class Sizes:
    """The families of one region. Each is asked for once in a scan, with others, when the first instance of it shows up.

    AWS's refusal is noted in `aws.refused`, so that what needs no sizes is judged all the same.
    """

    aws: Aws
    asked: set[str] = field(default_factory=set)
    known: dict[str, Size] = field(default_factory=dict)
    silent: bool = False

    def ask(self, types: Iterable[str]) -> None:
        """Ask for the families of some types that were not asked for yet."""
        missing = sorted({family(kind) for kind in types} - self.asked)
        for first in range(0, len(missing), FILTER_VALUES):
            if not self.silent:
                self._ask(missing[first : first + FILTER_VALUES])

    def _ask(self, families: list[str]) -> None:
        only = [{"Name": "instance-type", "Values": [f"{one}.*" for one in families]}]
        listed = self.aws.pages("ec2", OPERATION, "InstanceTypes", Filters=only, MaxResults=PAGE)
        try:
            self.known.update((size.kind, size) for size in self.aws.readable(listed, _size, []))
        except Denied as denied:
            self.aws.refused, self.silent = denied, True
        except NotOffered:
            self.silent = True
        self.asked.update(families)

    def of(self, kind: str) -> Size | None:
        """What a type has; None where AWS did not say."""
        return self.known.get(kind)

    def smaller(self, kind: str) -> tuple[Size, ...]:
        """The smaller ones of its family, the largest first; whole servers are none."""
        own = self.known.get(kind)
        if own is None:
            return ()
        found = (size for size in self.known.values() if family(size.kind) == family(kind) and not size.metal and size.smaller_than(own))
        return tuple(sorted(found, key=lambda size: (size.vcpus, size.memory_mib), reverse=True))


def _size(described: Mapping[str, Any]) -> Size:
    network, ebs = described.get("NetworkInfo", {}), described.get("EbsInfo", {})
    cards = [card.get("BaselineBandwidthInGbps") for card in network.get("NetworkCards", ())]
    optimized = ebs.get("EbsOptimizedInfo", {})
    return Size(
        kind=described["InstanceType"],
        vcpus=described["VCpuInfo"]["DefaultVCpus"],
        memory_mib=described["MemoryInfo"]["SizeInMiB"],
        network_gbps=sum(cards) if cards and None not in cards else None,
        ebs_mbps=optimized.get("BaselineThroughputInMBps"),
        ebs_iops=optimized.get("BaselineIops"),
        interfaces=network.get("MaximumNetworkInterfaces", 1),
        addresses=network.get("Ipv4AddressesPerInterface", 1),
        volumes=ebs.get("MaximumEbsAttachments"),
        shared=ebs.get("AttachmentLimitType") == "shared",
        disks_gb=described.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0),
        bursts=bool(described.get("BurstablePerformanceSupported")),
        metal=bool(described.get("BareMetal")),
    )
