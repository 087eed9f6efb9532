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


def main():
    single_threaded()
    request, take = read_request()
    answers, masks = [], []
    for number, case in enumerate(request):
        weights = take(case["shape"])
        answer = {"error": None}
        try:
            masks.append(tfmot_mask(case, weights))
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            masks.append(np.zeros(case["shape"], bool))
        masks.append(reference_mask(case, weights) if case["reference"] else np.zeros(case["shape"], bool))
        answers.append(answer)
        if number % 100 == 99:
            progress(f"tfmot made {number + 1} of {len(request)} masks")
    write_answer(answers, masks)


main()
