"""All that a machine with an NVIDIA GPU is asked. torimem need not be installed there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))
