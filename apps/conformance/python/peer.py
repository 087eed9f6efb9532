"""What every script here shares: TensorFlow set up to repeat to the byte, and the exchange folder.

A script is called with one folder. It reads `request.json` and `request.bin` there and leaves `answer.json` and
`answer.bin`. The binary files are bare little-endian numbers, in the order of the JSON.
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np
import tensorflow as tf

FOLDER = Path(sys.argv[1])


def single_threaded():
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def read_request():
    """The JSON request, and a function that takes the next tensor of a shape from the binary file."""
    request = json.loads((FOLDER / "request.json").read_text())
    numbers = np.fromfile(FOLDER / "request.bin", "<f4")
    position = 0

    def take(shape):
        nonlocal position
        size = int(np.prod(shape))
        tensor = numbers[position : position + size].reshape(shape)
        position += size
        return tensor

    return request, take


def write_answer(answer, arrays=()):
    (FOLDER / "answer.json").write_text(json.dumps(answer))
    (FOLDER / "answer.bin").write_bytes(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays))


def progress(message):
    """On standard output, which has nothing else on it: TensorFlow writes its notices on the other."""
    print(message, flush=True)
