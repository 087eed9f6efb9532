import type { Activation } from '../graph/activation.js';
import type { Operation } from '../graph/operation.js';
import type { ImportedModel } from '../import/imported-model.js';
import { sourceOf } from './channel-source.js';
import { ModelEdit } from './model-edit.js';

/** Makes activations part of the step before them, where they alone read its result. */
export function fuseActivation(model: ImportedModel): ImportedModel {
  const edit = new ModelEdit(model);
  for (const node of edit.natives) {
    const { operation, inputs } = edit.current(node);
    if (operation.kind !== 'activate') continue;
    const { activation } = operation;
    const source = sourceOf(edit, inputs[0] ?? 0, activation.kind === 'prelu');
    const fused = source && withActivation(edit.current(source).operation, activation);
    if (source === undefined || fused === undefined) continue;
    edit.replace(source, fused);
    edit.remove(node, source.layer);
  }
  return edit.finish();
}

function withActivation(operation: Operation, activation: Activation): Operation | undefined {
  switch (operation.kind) {
    case 'convolution':
    case 'product':
    case 'depthwise':
    case 'affine':
    case 'binary':
      return operation.activation.kind === 'linear' ? { ...operation, activation } : undefined;
    default:
      return undefined;
  }
}
