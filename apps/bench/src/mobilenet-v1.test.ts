import { block, type MaskStrategy, magnitude } from '@secateur/masks';
import { memory, randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, model as modelOf } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { mobilenetV1 } from './mobilenet-v1.js';

const variants = ['keras', 'litert'] as const;

describe('mobilenetV1', () => {
  it.each(variants)('has the parameters of Keras, as variant %s', async (variant) => {
    const tensors = memory().numTensors;
    const model = await mobilenetV1({ variant });
    expect(model.countParams()).toBe(4_253_864);
    expect(model.outputs[0]?.shape).toEqual([null, 1000]);
    model.dispose();
    expect(memory().numTensors).toBe(tensors);
  });

  it('is padded as in Keras, or on all sides', async () => {
    const sizes = [112, 56, 28, 14, 7];
    for (const variant of variants) {
      const model = await mobilenetV1({ variant });
      expect([1, 2, 4, 6, 12].map((block) => heightOf(model, `conv_dw_${block}`))).toEqual(sizes);
      const padded = [225, 113, 57, 29, 15].map((size) => (variant === 'keras' ? size : size + 1));
      const paddings = ['conv1_pad', 'conv_pad_2', 'conv_pad_4', 'conv_pad_6', 'conv_pad_12'];
      expect(paddings.map((name) => heightOf(model, name))).toEqual(padded);
      model.dispose();
    }
  });

  it('gives variants the same weights for the same seed', async () => {
    const [keras, litert, other] = await Promise.all([
      mobilenetV1({ seed: 3 }),
      mobilenetV1({ seed: 3, variant: 'litert' }),
      mobilenetV1({ seed: 4 }),
    ]);
    for (const name of ['conv1', 'conv_dw_5_bn', 'conv_pw_13', 'conv_preds']) {
      const weights = await weightsOf(keras, name);
      expect(weights.equals(await weightsOf(litert, name))).toBe(true);
      expect(weights.equals(await weightsOf(other, name))).toBe(false);
    }
    for (const model of [keras, litert, other]) model.dispose();
  });

  const patterns: [string, MaskStrategy, block: number][] = [
    ['unstructured', magnitude(), 1],
    ['in blocks of 4', block({ blockSize: [1, 4] }), 4],
    ['in blocks of 8', block({ blockSize: [1, 8] }), 8],
  ];
  it.each(patterns)('prunes its 1x1 convolutions and nothing else, %s', async (_, strategy, size) => {
    const model = await mobilenetV1({ pruning: { strategy, sparsity: 0.9 } });
    let pointwise = 0;
    for (const layer of model.layers) {
      const [kernel] = layer.getWeights();
      if (kernel === undefined || layer.getClassName() === 'BatchNormalization') continue;
      const isPointwise = layer.getClassName() === 'Conv2D' && layer.name !== 'conv1';
      const values = await kernel.data();
      const zeros = values.filter((value) => value === 0).length / values.length;
      // Of the smallest layer's blocks, 0.9 is not a whole number.
      expect(zeros).toBeCloseTo(isPointwise ? 0.9 : 0, 2);
      if (!isPointwise) continue;
      pointwise += 1;
      const halfEmpty = values.filter(
        (value, index) => (value === 0) !== (values[index - (index % size)] === 0),
      );
      expect(halfEmpty.length).toBe(0);
    }
    expect(pointwise).toBe(14);
    model.dispose();
  });

  it('keeps its signals alive when it is pruned, and answers differently to different images', async () => {
    const model = await mobilenetV1({ pruning: { strategy: magnitude(), sparsity: 0.9 } });
    const activations = model.layers.filter(({ name }) => /_relu$|^predictions$/.test(name));
    const watched = modelOf({ inputs: model.inputs, outputs: activations.map(outputOf) });
    const images = randomUniform([2, 224, 224, 3], -1, 1, 'float32', 1);
    const outputs = watched.predict(images) as Tensor[];
    expect(outputs.length).toBe(28);
    for (const output of outputs.slice(0, -1)) {
      const values = await output.data();
      const share = (of: (value: number) => boolean) => values.filter(of).length / values.length;
      expect(share((value) => value > 0 && value <= 6)).toBeGreaterThan(0.5);
      expect(share((value) => value === 6)).toBeLessThan(0.001);
      expect(share((value) => value > 0.5)).toBeGreaterThan(0.2);
    }
    const classes = (await outputs.at(-1)?.data()) ?? new Float32Array();
    const [first, second] = [classes.slice(0, 1000), classes.slice(1000)];
    const differences = first.map((value, index) => Math.abs(value - (second[index] as number)) / value);
    expect(Math.max(...differences)).toBeGreaterThan(0.01);
    for (const tensor of [images, ...outputs]) tensor.dispose();
    model.dispose();
  });
});

function outputOf(layer: LayersModel['layers'][number]) {
  if (Array.isArray(layer.output)) throw new Error(`${layer.name} has several outputs`);
  return layer.output;
}

function heightOf(model: LayersModel, name: string): number {
  return outputOf(model.getLayer(name)).shape[1] as number;
}

async function weightsOf(model: LayersModel, name: string): Promise<Buffer> {
  const weights = model.getLayer(name).getWeights();
  const values = await Promise.all(weights.map((weight) => weight.data()));
  return Buffer.concat(
    values.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}
