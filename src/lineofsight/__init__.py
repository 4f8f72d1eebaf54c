"""Line of Sight: every agency's records about a child in one sourced, permissioned chronology."""

__version__ = "0.1.0"
