/**
 * What a tool made of a case when half of one layer's channels were removed.
 *
 * - `right`: smaller, and the output is the original's with the same channels masked, to 1e-4.
 * - `post`: so when the constant that the channel sends, relu(beta), is dropped with it.
 * - `kept`: the answers stay, the layer keeps its channels.
 * - `wrong`: smaller, and the answers are others, without a word.
 * - `crashed`: an exception, or a model that doesn't run.
 * - `refused`: the tool says that it can't.
 * - `nothing`: nothing was removed.
 * - `crashed or nothing`: recorded for several cases together.
 * - `one of two wrong`: of softmax and mean over channels one was run, and wrong; which one was not recorded.
 * - `not run`.
 */
export type PeerResult =
  | 'right'
  | 'post'
  | 'kept'
  | 'wrong'
  | 'crashed'
  | 'refused'
  | 'nothing'
  | 'crashed or nothing'
  | 'one of two wrong'
  | 'not run';

/** A tool of which results are known case by case. */
export type PeerName =
  | 'Torch-Pruning 1.6.1, low level'
  | 'Torch-Pruning 1.6.1, high level'
  | 'MCT 2.6.1, Keras'
  | 'kerassurgeon 0.2.0';

/** What each tool made of one case. */
export type PeerResults = Readonly<Record<PeerName, PeerResult>>;

const results = (low: PeerResult, high: PeerResult, mct: PeerResult, surgeon: PeerResult): PeerResults => ({
  'Torch-Pruning 1.6.1, low level': low,
  'Torch-Pruning 1.6.1, high level': high,
  'MCT 2.6.1, Keras': mct,
  'kerassurgeon 0.2.0': surgeon,
});

/** The name of a case that peers were measured on. */
export type PeerCase =
  | 'dense'
  | 'nested'
  | 'oneOutput'
  | 'prelu'
  | 'batchNorm'
  | 'residual'
  | 'mobileNetExpand'
  | 'mobileNetProject'
  | 'separable'
  | 'flatten'
  | 'flattenPermuted'
  | 'lstm'
  | 'gru'
  | 'stacked'
  | 'bidirectional'
  | 'transposed'
  | 'shared'
  | 'concat'
  | 'multiOutput'
  | 'pixelShuffle'
  | 'denseReshapeDense'
  | 'layerNorm'
  | 'softmax'
  | 'channelMean'
  | 'output'
  | 'attentionWidth'
  | 'attentionHeads'
  | 'attentionValue'
  | 'embedding'
  | 'squeezeExcite'
  | 'channelShuffle';

/** The cases that peers were measured on, each with a network of its own kind in every framework. */
export const peerResults: Readonly<Record<PeerCase, PeerResults>> = {
  dense: results('right', 'right', 'right', 'right'),
  nested: results('right', 'right', 'right', 'crashed'),
  oneOutput: results('right', 'right', 'right', 'right'),
  prelu: results('right', 'right', 'right', 'refused'),
  batchNorm: results('post', 'right', 'post', 'post'),
  residual: results('right', 'right', 'kept', 'crashed'),
  mobileNetExpand: results('right', 'right', 'kept', 'crashed'),
  mobileNetProject: results('right', 'right', 'kept', 'crashed'),
  separable: results('right', 'right', 'kept', 'crashed'),
  flatten: results('right', 'right', 'refused', 'right'),
  flattenPermuted: results('wrong', 'wrong', 'refused', 'right'),
  lstm: results('crashed', 'crashed or nothing', 'refused', 'right'),
  gru: results('crashed', 'crashed or nothing', 'refused', 'right'),
  stacked: results('crashed', 'crashed or nothing', 'refused', 'right'),
  bidirectional: results('crashed', 'crashed or nothing', 'refused', 'not run'),
  transposed: results('right', 'right', 'right', 'crashed'),
  shared: results('right', 'right', 'refused', 'right'),
  concat: results('right', 'right', 'kept', 'right'),
  multiOutput: results('right', 'right', 'refused', 'right'),
  pixelShuffle: results('refused', 'crashed', 'not run', 'crashed'),
  denseReshapeDense: results('refused', 'crashed', 'crashed', 'crashed'),
  layerNorm: results('wrong', 'wrong', 'wrong', 'refused'),
  softmax: results('wrong', 'wrong', 'one of two wrong', 'one of two wrong'),
  channelMean: results('wrong', 'wrong', 'one of two wrong', 'one of two wrong'),
  output: results('wrong', 'wrong', 'wrong', 'wrong'),
  attentionWidth: results('wrong', 'wrong', 'not run', 'not run'),
  attentionHeads: results('right', 'kept', 'not run', 'not run'),
  attentionValue: results('wrong', 'wrong', 'not run', 'not run'),
  embedding: results('right', 'nothing', 'refused', 'crashed'),
  squeezeExcite: results('right', 'right', 'kept', 'crashed'),
  channelShuffle: results('wrong', 'wrong', 'not run', 'not run'),
};

/** A tool's results over all of the networks that it was measured on. */
export interface PeerTotal {
  readonly tool: string;
  readonly networks: number;
  readonly right: number;
  /** Right, but with the layer whole. */
  readonly kept?: number;
  readonly wrong?: number;
  /** Crashed, broken, refused, or nothing shrunk. */
  readonly other: number;
  readonly note?: string;
}

/** The totals of all tools. */
export const peerTotals: readonly PeerTotal[] = [
  { tool: 'Torch-Pruning 1.6.1, low level', networks: 51, right: 31, wrong: 9, other: 11 },
  { tool: 'Torch-Pruning 1.6.1, high level', networks: 51, right: 29, kept: 3, wrong: 8, other: 11 },
  {
    tool: 'NNI 3.0',
    networks: 51,
    right: 28,
    wrong: 3,
    other: 20,
    note: 'no longer kept up; patched to run',
  },
  { tool: 'fasterai 0.4.1', networks: 51, right: 20, kept: 2, wrong: 9, other: 20 },
  { tool: 'OpenVINO 2025.4, pruning transformation', networks: 51, right: 11, wrong: 1, other: 39 },
  { tool: 'MCT 2.6.1, PyTorch', networks: 51, right: 8, kept: 13, wrong: 4, other: 26 },
  {
    tool: 'NNCF 2.19',
    networks: 51,
    right: 0,
    other: 51,
    note: 'masks only; the last version with filter pruning',
  },
  { tool: 'MCT 2.6.1, Keras', networks: 23, right: 6, kept: 5, wrong: 3, other: 9 },
  { tool: 'kerassurgeon 0.2.0', networks: 23, right: 11, wrong: 2, other: 10, note: 'patched to run' },
];
