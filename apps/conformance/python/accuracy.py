"""The tutorial in tfmot: its network on all of MNIST, 5 epochs dense and 5 pruned, batch 32, for each seed."""

import gzip
import tempfile
from pathlib import Path

from peer import progress, read_request, tf, write_answer

import numpy as np
import tensorflow_model_optimization as tfmot

EPOCHS, BATCH = 5, 32
STEPS = EPOCHS * 60000 // BATCH

SCHEDULES = {
    "constant 50 %": tfmot.sparsity.keras.ConstantSparsity(0.5, begin_step=0, frequency=100),
    "polynomial 0 to 80 %": tfmot.sparsity.keras.PolynomialDecay(0.0, 0.8, begin_step=0, end_step=STEPS, frequency=100),
}


def digits(folder, prefix):
    images = np.fromfile(folder / f"{prefix}-images-idx3-ubyte", np.uint8)[16:]
    labels = np.fromfile(folder / f"{prefix}-labels-idx1-ubyte", np.uint8)[8:]
    return images.reshape(-1, 784).astype(np.float32) / 255, labels


def compiled(model):
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def network():
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Dense(128, activation="relu", input_shape=(784,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def measured(model, test):
    # Before it is saved: a compiled model that is saved unused counts equal numbers as "accuracy".
    accuracy = model.evaluate(*test, verbose=0)[1]
    kernels = [weight for weight in model.get_weights() if weight.ndim == 2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.h5"
        model.save(path, include_optimizer=False)
        raw = path.read_bytes()
    return {
        "accuracy": accuracy,
        "sparsity": [float((kernel == 0).mean()) for kernel in kernels],
        "bytes": len(raw),
        "gzipBytes": len(gzip.compress(raw, 9)),
    }


def main():
    request, _ = read_request()
    folder = Path(request["mnist"])
    train, test = digits(folder, "train"), digits(folder, "t10k")
    rows = []
    for seed in request["seeds"]:
        tf.keras.backend.clear_session()
        tf.keras.utils.set_random_seed(seed)
        dense = compiled(network())
        dense.fit(*train, epochs=EPOCHS, batch_size=BATCH, verbose=0)
        row = {"seed": seed, "dense": measured(dense, test)}
        weights = dense.get_weights()
        for name, schedule in SCHEDULES.items():
            copy = network()
            copy.set_weights(weights)
            pruned = compiled(tfmot.sparsity.keras.prune_low_magnitude(copy, pruning_schedule=schedule))
            callbacks = [tfmot.sparsity.keras.UpdatePruningStep()]
            pruned.fit(*train, epochs=EPOCHS, batch_size=BATCH, verbose=0, callbacks=callbacks)
            row[name] = measured(compiled(tfmot.sparsity.keras.strip_pruning(pruned)), test)
        progress(f"seed {seed}: " + ", ".join(f"{key} {row[key]['accuracy']:.4f}" for key in row if key != "seed"))
        rows.append(row)
    write_answer(rows)


main()
