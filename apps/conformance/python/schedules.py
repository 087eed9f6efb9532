"""tfmot's schedules: their values at every step, what they refuse, and their configs."""

from peer import progress, read_request, tf, write_answer

import tensorflow_model_optimization as tfmot

KINDS = {
    "ConstantSparsity": tfmot.sparsity.keras.ConstantSparsity,
    "PolynomialDecay": tfmot.sparsity.keras.PolynomialDecay,
}


def make(case):
    return KINDS[case["kind"]](**case["parameters"])


def in_graph(schedule, steps):
    """As in training: a graph that is given one step at a time."""
    at = tf.function(schedule, input_signature=[tf.TensorSpec([], tf.int64)])
    decisions = [at(tf.constant(step, tf.int64)) for step in steps]
    return {
        "update": [bool(update) for update, _ in decisions],
        # A NaN is not JSON.
        "sparsity": [None if tf.math.is_nan(sparsity) else float(sparsity) for _, sparsity in decisions],
    }


def refusal(case):
    """Why tfmot refuses the parameters, and what it does with them at steps 0 and 10 when it does not."""
    try:
        schedule = make(case)
    except ValueError as error:
        return {"refused": str(error), "use": None}
    try:
        at = in_graph(schedule, [0, 10])
        return {"refused": None, "use": f"sparsities {at['sparsity']}"}
    except Exception as error:
        return {"refused": None, "use": f"{type(error).__name__} at its first use"}


def reload_failure(schedule):
    try:
        type(schedule).from_config(schedule.get_config())
    except Exception as error:
        return str(error)
    return None


def main():
    request, _ = read_request()
    values = []
    for case in request["values"]:
        schedule = make(case)
        values.append(
            {
                **in_graph(schedule, range(case["steps"])),
                "config": schedule.get_config(),
                "reloadFailure": reload_failure(schedule),
            }
        )
    progress(f"tfmot evaluated {len(values)} schedules")
    write_answer({"values": values, "refusals": [refusal(case) for case in request["refusals"]]})


main()
