"""Converts a Keras .h5 file to a .tflite file for one image at a time.

    python tflite.py FROM.h5 TO.tflite dense|sparse

`sparse` stores tensors that are mostly zeros without their zeros, as LiteRT's sparse kernels want.
"""

import os
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402

source, target, kind = sys.argv[1:]
model = tf_keras.models.load_model(source, compile=False)
# LiteRT's sparse kernels need a batch of known size.
image = tf.TensorSpec([1, *model.input_shape[1:]], tf.float32)
function = tf.function(lambda x: model(x, training=False)).get_concrete_function(image)
converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
if kind == "sparse":
    converter.optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
with open(target, "wb") as file:
    file.write(converter.convert())
