"""What is wrong with a manifest: reported where it can still be used, refused where it cannot."""

from dataclasses import dataclass

from backend.errors import ManifestRefused


@dataclass(frozen=True, slots=True)
class Finding:
    """segment: its tag.  position: its number in the file, UNB being 1 (UNA is no segment).  line: from 1.
    problem never repeats a name or a document's number: it is logged, and sent back."""

    segment: str
    position: int
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.segment}: segment {self.position} on line {self.line}: {self.problem}"


class Unusable(ManifestRefused):
    """Nothing of the interchange is taken; `finding` says where and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class PhotosRefused(Unusable):
    """A carrier sent pictures: photos come from the sources of record only, and nothing sent is kept."""


class Contradiction(Unusable):
    """Parts of one message exclude each other."""
