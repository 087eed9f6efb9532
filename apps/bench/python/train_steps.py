"""Training steps in TensorFlow on one thread, on demand.

Reads one JSON request a line from stdin: {"model": name, "batch": n, "steps": n}. Runs so many steps of that model
(built at its first request) and then writes one line.
"""

import json
import os
import sys

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

layers = tf.keras.layers


def fully_connected(*widths):
    return [layers.Dense(units, activation="relu") for units in widths] + [layers.Dense(10, activation="softmax")]


BUILDERS = {
    "tutorial": lambda: ((784,), fully_connected(128, 64)),
    "lenet-300-100": lambda: ((784,), fully_connected(300, 100)),
    "guide": lambda: (
        (28, 28, 1),
        [
            layers.Conv2D(12, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
    ),
    "lenet-5": lambda: (
        (28, 28, 1),
        [
            layers.Conv2D(20, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(50, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(500, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
    ),
}


def build(name, batch):
    shape, stack = BUILDERS[name]()
    model = tf.keras.Sequential([layers.InputLayer(shape), *stack])
    model.compile(optimizer=tf.keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    images = np.random.rand(batch, *shape).astype(np.float32)
    labels = np.random.randint(0, 10, (batch, 1)).astype(np.float32)
    return model, images, labels


built = {}
for line in sys.stdin:
    request = json.loads(line)
    key = (request["model"], request["batch"])
    if key not in built:
        built[key] = build(*key)
    model, images, labels = built[key]
    for _ in range(request["steps"]):
        model.train_on_batch(images, labels)
    print("done", flush=True)
