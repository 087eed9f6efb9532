/** The layers whose configuration and weights mean the same in tfjs and Keras 2 and 3, and that are tested. */
export const sharedLayers: ReadonlySet<string> = new Set([
  ...['Dense', 'Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'Conv3DTranspose'],
  ...['DepthwiseConv2D', 'SeparableConv2D', 'Embedding', 'BatchNormalization', 'LayerNormalization'],
  ...['SimpleRNN', 'GRU', 'LSTM', 'RNN', 'ConvLSTM2D', 'Bidirectional', 'TimeDistributed'],
  ...['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'Masking'],
  ...['Activation', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax'],
  ...['Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate', 'Dot'],
  ...['Flatten', 'Reshape', 'Permute', 'RepeatVector', 'ZeroPadding2D', 'Cropping2D', 'UpSampling2D'],
  ...[
    'MaxPooling1D',
    'MaxPooling2D',
    'MaxPooling3D',
    'AveragePooling1D',
    'AveragePooling2D',
    'AveragePooling3D',
  ],
  ...['GlobalMaxPooling1D', 'GlobalMaxPooling2D', 'GlobalAveragePooling1D', 'GlobalAveragePooling2D'],
  ...['Rescaling', 'InputLayer'],
]);

/** The recurrent cells, which stand inside an RNN layer. */
export const sharedCells: ReadonlySet<string> = new Set([
  'SimpleRNNCell',
  'GRUCell',
  'LSTMCell',
  'StackedRNNCells',
]);

/** The models, which are layers that hold layers. */
export const modelClasses: ReadonlySet<string> = new Set(['Model', 'Functional', 'Sequential']);

/** The activations by Keras's names; tfjs has them all. */
export const sharedActivations: ReadonlySet<string> = new Set([
  ...['linear', 'relu', 'relu6', 'elu', 'selu', 'gelu', 'swish', 'mish', 'softplus', 'softsign'],
  ...['tanh', 'sigmoid', 'hard_sigmoid', 'softmax', 'log_softmax'],
]);

/** The fields of a layer that hold an activation. */
export const activationFields: readonly string[] = ['activation', 'recurrent_activation'];
