import type { ImportedModel } from '../import/imported-model.js';
import { ModelEdit } from './model-edit.js';

/** Makes x times sigmoid(x), as the converter writes it, one activation. */
export function fuseSwish(model: ImportedModel): ImportedModel {
  const edit = new ModelEdit(model);
  for (const node of edit.natives) {
    const { operation, inputs } = edit.current(node);
    if (
      operation.kind !== 'binary' ||
      operation.operator !== 'multiply' ||
      operation.activation.kind !== 'linear'
    ) {
      continue;
    }
    for (const [x, gate] of [inputs, [...inputs].reverse()] as [number, number][]) {
      const maker = edit.maker(gate);
      if (maker === undefined || !edit.hasOneReader(gate)) continue;
      const { operation: sigmoid, inputs: from } = edit.current(maker);
      if (sigmoid.kind !== 'activate' || sigmoid.activation.kind !== 'sigmoid' || from[0] !== x) continue;
      edit.replace(node, { kind: 'activate', activation: { kind: 'swish' } }, [x]);
      edit.fold(maker.layer, node.layer);
      break;
    }
  }
  return edit.finish();
}
