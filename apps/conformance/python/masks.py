"""tfmot's masks, from its own code, and a plain numpy answer for the cases in which tfmot is wrong."""

from fractions import Fraction

from peer import progress, read_request, single_threaded, tf, write_answer

import numpy as np
import tensorflow_model_optimization as tfmot
from tensorflow_model_optimization.python.core.sparsity.keras import pruning_impl


def tfmot_mask(case, weights):
    pruning = pruning_impl.Pruning(
        training_step_fn=lambda: 1,
        pruning_vars=[],
        pruning_schedule=tfmot.sparsity.keras.ConstantSparsity(case["sparsity"], 0),
        block_size=case.get("block", (1, 1)),
        block_pooling_type=case.get("pooling", "AVG").upper(),
        sparsity_m_by_n=case.get("zerosOf"),
    )
    _, mask = pruning._maybe_update_block_mask(tf.constant(weights))
    return mask.numpy() != 0


def keep_count(size, sparsity):
    """Half to even, in float32, as tfmot counts."""
    one = np.float32(1)
    return max(int(np.round(np.float32(size) * (one - np.float32(sparsity)))), 1)


def keep_largest(scores, sparsity):
    ordered = sorted(scores.ravel(), reverse=True)
    return scores >= ordered[keep_count(scores.size, sparsity) - 1]


def block_mask(case, weights):
    """Blocks from the top left; one at the edge holds what is there. Sums are exact: no order of adding matters."""
    height, width = case["block"]
    rows, columns = (-(-length // block) for length, block in zip(weights.shape, (height, width)))
    scores = np.empty((rows, columns), object)
    for r in range(rows):
        for c in range(columns):
            block = np.abs(weights[r * height : (r + 1) * height, c * width : (c + 1) * width]).ravel()
            exact = [Fraction(float(value)) for value in block]
            scores[r, c] = max(exact) if case["pooling"] == "max" else sum(exact) / len(exact)
    kept = keep_largest(scores, case["sparsity"])
    return np.kron(kept, np.ones((height, width), bool))[: weights.shape[0], : weights.shape[1]]


def reference_mask(case, weights):
    if case["kind"] == "block":
        return block_mask(case, weights)
    return keep_largest(np.abs(weights), case["sparsity"])


def nm_steps():
    """The steps at which tfmot makes an N:M mask when its schedule asks for one at 3, 4, 5 and 6."""
    step = tf.Variable(0, dtype=tf.int64)
    weight, mask, threshold = tf.Variable(tf.zeros([8, 4])), tf.Variable(tf.ones([8, 4])), tf.Variable(0.0)
    pruning = pruning_impl.Pruning(
        training_step_fn=lambda: step,
        pruning_vars=[(weight, mask, threshold)],
        pruning_schedule=tfmot.sparsity.keras.ConstantSparsity(0.5, 3, 6, frequency=1),
        block_size=(1, 1),
        block_pooling_type="AVG",
        sparsity_m_by_n=(2, 4),
    )
    random = np.random.default_rng(0)
    changed = []
    for now in range(1, 9):
        step.assign(now)
        weight.assign(random.normal(size=(8, 4)))
        before = mask.numpy()
        pruning.conditional_mask_update()
        if (mask.numpy() != before).any():
            changed.append(now)
    return changed


def nm_in_config():
    layer = tfmot.sparsity.keras.prune_low_magnitude(
        tf.keras.layers.Dense(4, input_shape=(8,)), sparsity_m_by_n=(2, 4)
    )
    return "sparsity_m_by_n" in layer.get_config()


def main():
    single_threaded()
    request, take = read_request()
    answers, masks = [], []
    for number, case in enumerate(request):
        weights = take(case["shape"])
        error = None
        try:
            masks.append(tfmot_mask(case, weights))
        except Exception as failure:
            error = f"{type(failure).__name__}: {str(failure).splitlines()[0]}"
            masks.append(np.zeros(case["shape"], bool))
        masks.append(reference_mask(case, weights) if case["reference"] else np.zeros(case["shape"], bool))
        answers.append({"error": error, "keep": keep_count(weights.size, case["sparsity"])})
        if number % 100 == 99:
            progress(f"tfmot made {number + 1} of {len(request)} masks")
    not_finite = tfmot_mask({"sparsity": 0.5}, np.array([1, np.nan, 3, np.inf], np.float32))
    facts = {"nmSteps": nm_steps(), "nmInConfig": nm_in_config(), "notFinite": not_finite.tolist()}
    write_answer({"cases": answers, "facts": facts}, masks)


main()
