import { positiveAxis, tracked } from '../channels.js';
import { type ChannelRule, out } from '../rule.js';

/** Embedding: `embeddings [inputDim, outputDim]`. Its width can go, its vocabulary can't. */
export const embedding: ChannelRule = ({ config, inputs: [x], outputShapes: [shape] }, context) => {
  if (x === undefined || shape === undefined) return { outputs: [] };
  for (const axis of x.axes) context.fix(axis, 'indices', 'its input holds indices, not channels');
  const units = context.fresh(Number(config.outputDim));
  return {
    outputs: [tracked(shape, { [positiveAxis(-1, shape.length)]: units })],
    units,
    weights: { embeddings: [null, out(units)] },
    config: { outputDim: units },
  };
};
