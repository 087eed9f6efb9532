"""Trains networks with tfmot from given weights on given batches; answers the masks of every update and the final weights."""

from peer import progress, read_request, single_threaded, tf, write_answer

import numpy as np
import tensorflow_model_optimization as tfmot
from tensorflow_model_optimization.python.core.sparsity.keras import pruning_wrapper

OPTIMIZERS = {
    "sgd": lambda rate: tf.keras.optimizers.SGD(rate, jit_compile=False),
    "momentum": lambda rate: tf.keras.optimizers.SGD(rate, momentum=0.9, jit_compile=False),
    # TensorFlow.js adds epsilon to the root of the corrected moment; so does this one when its epsilon is adaptive.
    "adam": lambda rate: tf.keras.optimizers.Adam(rate, epsilon=1e-7, adaptive_epsilon=True, jit_compile=False),
}

SCHEDULES = {
    "ConstantSparsity": tfmot.sparsity.keras.ConstantSparsity,
    "PolynomialDecay": tfmot.sparsity.keras.PolynomialDecay,
}


class RecordMasks(tf.keras.callbacks.Callback):
    """Keeps a copy of the masks of every step at which the schedule asks for new ones."""

    def __init__(self, schedule):
        super().__init__()
        self.schedule = schedule
        self.steps, self.masks = [], []

    def on_train_batch_end(self, batch, logs=None):
        layers = pruning_wrapper.collect_prunable_layers(self.model)
        step = int(layers[0].pruning_step)
        if not bool(self.schedule(step)[0]):
            return
        self.steps.append(step)
        for layer in layers:
            self.masks.extend(mask.numpy() != 0 for _, mask, _ in layer.pruning_vars)


def train(case, take, pixels, labels):
    tf.keras.backend.clear_session()
    model = tf.keras.models.model_from_json(case["model"])
    model.set_weights([take(weight.shape) for weight in model.weights])
    schedule = SCHEDULES[case["schedule"]["kind"]](**case["schedule"]["parameters"])
    inputs = pixels.reshape((-1, *model.input_shape[1:]))
    pruned = tfmot.sparsity.keras.prune_low_magnitude(model, pruning_schedule=schedule)
    pruned.compile(OPTIMIZERS[case["optimizer"]](case["rate"]), "sparse_categorical_crossentropy")
    record = RecordMasks(schedule)
    # One epoch: tfmot masks the weights once more at its end.
    history = pruned.fit(
        inputs,
        labels,
        batch_size=case["batch"],
        shuffle=False,
        verbose=0,
        callbacks=[tfmot.sparsity.keras.UpdatePruningStep(), record],
    )
    stripped = tfmot.sparsity.keras.strip_pruning(pruned)
    names = [weight.name for weight in stripped.weights]
    prunable = [w.name for layer in pruning_wrapper.collect_prunable_layers(pruned) for w, _, _ in layer.pruning_vars]
    answer = {"steps": record.steps, "weights": names, "prunable": prunable, "loss": history.history["loss"][-1]}
    return answer, record.masks, stripped.get_weights()


def main():
    single_threaded()
    request, take = read_request()
    pixels, labels = take([request["examples"], 196]), take([request["examples"]])
    answers, masks, weights = [], [], []
    for case in request["cases"]:
        progress(f"tfmot trains {case['name']}")
        answer, case_masks, case_weights = train(case, take, pixels, labels)
        answers.append(answer)
        masks += case_masks
        weights += case_weights
    write_answer(answers, [np.concatenate([w.ravel() for w in weights]).astype("<f4"), *masks])


main()
