"""Opens the .h5 files of a folder with tf.keras and Keras 3, or writes some, and says what the models predict.

    python h5_check.py read FOLDER     for each NAME.h5 and NAME.json ({"inputs": [{shape, values}]}): NAME.keras2.json, NAME.keras3.json
    python h5_check.py write FOLDER    NAME.h5 and NAME.json ({"inputs", "outputs"}) for each model of the table

`outputs` are lists of numbers, row-major, one for each output of the model; a model that can't be opened gives
{"error": ...}.
"""

import json
import os
import sys
import traceback
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras as keras3  # noqa: E402
import numpy as np  # noqa: E402
import tf_keras as keras2  # noqa: E402


def predict(model, inputs):
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return [np.asarray(output, np.float64).ravel().tolist() for output in outputs]


def read(folder):
    for path in sorted(folder.glob("*.h5")):
        request = json.loads(path.with_suffix(".json").read_text())
        inputs = [np.asarray(i["values"], np.float32).reshape(i["shape"]) for i in request["inputs"]]
        for keras, suffix in ((keras2, ".keras2.json"), (keras3, ".keras3.json")):
            try:
                model = keras.models.load_model(path, compile=False)
                answer = {"outputs": predict(model, inputs)}
            except Exception:
                answer = {"error": traceback.format_exc(limit=-1)[-800:]}
            path.with_suffix(suffix).write_text(json.dumps(answer))


def chain(k, shape, *layers, dtype="float32"):
    return k.Sequential([k.Input(shape, dtype=dtype), *layers])


def table(k):
    """Models of every kind, built with the Keras `k`."""
    layers = k.layers
    rnn = {"recurrent_activation": "sigmoid"}

    yield "dense", chain(
        k, (4,), layers.Dense(5, activation="relu", kernel_regularizer="l2"), layers.Dropout(0.2), layers.Dense(3, activation="softmax")
    )
    yield "conv1d", chain(
        k,
        (9, 2),
        layers.Conv1D(3, 3, strides=2, padding="same", activation="tanh"),
        layers.MaxPooling1D(2),
        layers.Conv1D(2, 2),
        layers.AveragePooling1D(1),
        layers.GlobalAveragePooling1D(),
    )
    yield "conv2d, batch norm, pooling", chain(
        k,
        (8, 7, 2),
        layers.Conv2D(3, (3, 2), strides=(2, 1), use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(6.0),
        layers.ZeroPadding2D(((1, 0), (0, 2))),
        layers.Conv2D(4, 2, dilation_rate=2, padding="same", activation="relu6"),
        layers.MaxPooling2D(2, padding="same"),
        layers.UpSampling2D((2, 3)),
        layers.Cropping2D(((0, 1), (1, 0))),
        layers.AveragePooling2D((2, 1), strides=(1, 1)),
        layers.GlobalMaxPooling2D(),
    )
    yield "depthwise and separable", chain(
        k,
        (6, 6, 2),
        layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.SeparableConv2D(3, 2, depth_multiplier=2, activation="elu"),
        layers.GlobalAveragePooling2D(),
    )
    yield "transposed convolution", chain(
        k,
        (3, 3, 2),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same"),
        layers.PReLU(shared_axes=[1, 2]),
        layers.Flatten(),
        layers.Dense(2, activation="softsign"),
    )
    yield "conv3d", chain(
        k, (4, 4, 4, 1), layers.Conv3D(2, 2, activation="selu"), layers.MaxPooling3D(2, strides=1), layers.Flatten()
    )
    yield "conv3d transpose", chain(k, (2, 2, 2, 1), layers.Conv3DTranspose(2, 2, strides=2), layers.Flatten())
    yield "embedding, layer norm, masking in an LSTM", chain(
        k,
        (5,),
        layers.Embedding(7, 4, mask_zero=True),
        layers.LayerNormalization(),
        layers.LSTM(3, return_sequences=True, **rnn),
        layers.LSTM(2, **rnn),
        dtype="int32",
    )
    yield "GRU and simple RNN", chain(
        k, (4, 2), layers.GRU(3, reset_after=False, return_sequences=True, **rnn), layers.SimpleRNN(3, go_backwards=True)
    )
    yield "bidirectional", chain(
        k,
        (4, 2),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True, **rnn)),
        layers.Bidirectional(layers.GRU(2, reset_after=False, **rnn), merge_mode="sum"),
    )
    yield "time distributed", chain(
        k,
        (4, 2),
        layers.TimeDistributed(layers.Dense(3, activation="silu")),
        layers.Permute((2, 1)),
        layers.Reshape((12,)),
        layers.RepeatVector(2),
    )
    yield "stacked cells", chain(
        k, (4, 2), layers.RNN([layers.LSTMCell(3), layers.GRUCell(2, reset_after=False), layers.SimpleRNNCell(2)])
    )
    yield "ConvLSTM2D", chain(k, (3, 4, 4, 1), layers.ConvLSTM2D(2, 2, **rnn), layers.Flatten())
    yield "activation layers", chain(
        k,
        (4,),
        layers.Dense(4),
        layers.GaussianNoise(0.1),
        layers.ELU(),
        layers.GaussianDropout(0.1),
        layers.Dense(4, activation="gelu"),
        layers.Activation("mish"),
        layers.Softmax(),
    )

    a, b = k.Input((3,)), k.Input((3,))
    total = layers.Add()([a, b])
    product = layers.Multiply()([a, total])
    joined = layers.Concatenate(axis=1)(
        [layers.Average()([a, b]), layers.Maximum()([total, product]), layers.Minimum()([total, b])]
    )
    dot = layers.Dot(1, normalize=True)([a, product])
    yield "merges, two inputs and two outputs", k.Model([a, b], [layers.Dense(2)(joined), dot])

    image = k.Input((6, 6, 2), name="image")
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(image)
    left = layers.Conv2D(4, 1, name="z_left")(stem)
    right = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, padding="same", name="a_right")(stem))
    out = layers.Dense(3)(layers.Flatten()(layers.Add()([left, right, stem])))
    yield "functional with branches", k.Model(image, out, name="branches")

    a, b = k.Input((3,)), k.Input((3,))
    tower = layers.Dense(4, activation="tanh", name="tower")
    yield "shared layers", k.Model([a, b], layers.Dense(1)(layers.Concatenate()([tower(a), tower(b)])))

    inner = k.Sequential([k.Input((3,)), layers.Dense(3, activation="relu"), layers.BatchNormalization(), layers.Dense(3)])
    hidden = k.Input((3,))
    deep = k.Sequential([k.Input((3,)), layers.Dense(3), layers.Softmax()])(hidden)
    outer = k.Model(hidden, layers.Add()([deep, hidden]), name="outer")
    x = k.Input((3,))
    yield "nested models, one of them shared", k.Model(x, layers.Dense(2)(inner(outer(inner(x)))))

    frozen = chain(k, (4,), layers.Dense(3), layers.BatchNormalization(), layers.Dense(2))
    frozen.layers[0].trainable = False
    frozen.layers[1].trainable = False
    yield "frozen layers", frozen

    deferred = k.Sequential([layers.Dense(3, activation="relu"), layers.Dense(2)])
    deferred.build((None, 4))
    yield "built later", deferred


def write(folder):
    for keras, prefix in ((keras2, "keras2"), (keras3, "keras3")):
        random = np.random.default_rng(7)
        for name, model in table(keras):
            for weight in model.weights:
                low = 0.05 if "variance" in weight.name else -0.5
                weight.assign(random.uniform(low, 0.6, weight.shape).astype(np.float32))
            inputs = [np.floor(random.uniform(0, 6.99, (3, *i.shape[1:]))).astype(np.float32) for i in model.inputs]
            outputs = predict(model, inputs)
            if name in ("dense", "frozen layers"):
                # A training configuration and the state of an optimizer are in the file too.
                model.compile("adam", "mse", metrics=["mae"])
                if name == "dense":
                    weights = model.get_weights()
                    model.fit(inputs[0], np.zeros((3, 3)), verbose=0)
                    model.set_weights(weights)
            path = folder / f"{prefix} {name.replace(',', '')}.h5"
            model.save(path)
            given = [{"shape": list(i.shape), "values": i.ravel().tolist()} for i in inputs]
            path.with_suffix(".json").write_text(json.dumps({"inputs": given, "outputs": outputs}))


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](Path(sys.argv[2]))
