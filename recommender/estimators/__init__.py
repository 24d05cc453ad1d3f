"""One network or learner a file: NumPy in, NumPy out; no data loading, no Django, no writing outside `save`.

Importing this package loads nothing heavy: `forward` (plain NumPy) is read by the web half.
"""

import os

# TensorFlow reads it when it is imported: its notes on CPU features would break up the progress lines.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Its oneDNN kernels make no difference at these sizes, round in an order that depends on the processor, and announce
# themselves on the terminal before any log level is read.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
# OpenMP threads that spin while they wait for each other take the cores of whatever else runs on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
