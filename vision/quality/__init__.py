"""Quality of one face: measures (ISO/IEC 29794-5 and a few of our own), and apart from them what is good enough."""

from vision.quality.first import Quality, measure, rank
from vision.quality.policy import Limits, obstacle, policy

__all__ = ["Limits", "Quality", "measure", "obstacle", "policy", "rank"]
