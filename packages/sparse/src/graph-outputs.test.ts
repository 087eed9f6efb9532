import { ones, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { loadGraph } from './import/graph-model.fixture.js';
import { sparsify } from './sparsify.js';

it('takes the inputs of a graph model by any of their names, and names outputs as the model does', async () => {
  const model = await loadGraph({
    placeholders: { x: [1, 2] },
    constants: { w: { shape: [2, 1], values: [1, 2] } },
    nodes: { product: { op: 'MatMul', inputs: ['x', 'w'] }, sign: { op: 'Relu', inputs: ['product'] } },
    signature: { inputs: { image: 'x:0' }, outputs: { a: 'product:0', b: 'sign:0' } },
    outputKeys: ['raw', 'positive'],
  });
  const sparse = await sparsify(model);
  const image = ones([1, 2]);
  for (const inputs of [image, [image], { image }, { x: image }, { 'x:0': image }]) {
    const outputs = sparse.predict(inputs) as Record<string, Tensor>;
    expect(Object.keys(outputs)).toEqual(Object.keys(model.predict(image)));
    expect([
      ...(await (outputs.raw as Tensor).data()),
      ...(await (outputs.positive as Tensor).data()),
    ]).toEqual([3, 3]);
    for (const output of Object.values(outputs)) output.dispose();
  }
  for (const held of [sparse, model, image]) held.dispose();
});
