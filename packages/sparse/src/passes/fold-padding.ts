import type { Convolution, Depthwise, Operation, Pad } from '../graph/operation.js';
import type { Padding } from '../graph/window.js';
import type { ImportedModel } from '../import/imported-model.js';
import { ModelEdit } from './model-edit.js';

/** Makes zeros around images part of the windows of the convolutions that read them. */
export function foldPadding(model: ImportedModel): ImportedModel {
  const edit = new ModelEdit(model);
  for (const node of edit.natives) {
    const { operation, inputs } = edit.current(node);
    if (operation.kind !== 'convolution' && operation.kind !== 'depthwise') continue;
    const pad = edit.maker(inputs[0] ?? 0);
    if (pad?.operation.kind !== 'pad') continue;
    const folded = padded(operation, pad.operation);
    if (folded === undefined) continue;
    edit.replace(node, folded, edit.current(pad).inputs);
    edit.fold(pad.layer, node.layer);
  }
  return edit.finish();
}

function padded<O extends Convolution | Depthwise>(operation: O, pad: Pad): Operation | undefined {
  const { window } = operation;
  if (window.padding === 'same') return undefined;
  const around = window.padding === 'valid' ? { top: 0, bottom: 0, left: 0, right: 0 } : window.padding;
  const padding: Padding = {
    top: around.top + pad.top,
    bottom: around.bottom + pad.bottom,
    left: around.left + pad.left,
    right: around.right + pad.right,
  };
  return { ...operation, window: { ...window, padding } };
}
