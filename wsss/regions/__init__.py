"""Regions: parts of an image that belong together whatever their class, one way of finding them a file."""

from wsss.regions.base import RegionFinder
from wsss.regions.felzenszwalb import Felzenszwalb
from wsss.regions.segment_anything import SegmentAnything
from wsss.regions.slic import SLIC
from wsss.regions.stored import StoredRegions

__all__ = ["SLIC", "Felzenszwalb", "RegionFinder", "SegmentAnything", "StoredRegions"]
