import type { Operation } from '../graph/operation.js';
import type { ImportedModel } from '../import/imported-model.js';
import { ModelEdit } from './model-edit.js';

/** Drops steps that change nothing, and reshapes of which only the last matters. */
export function dropIdentities(model: ImportedModel): ImportedModel {
  const edit = new ModelEdit(model);
  for (const node of edit.natives) {
    const { operation, inputs } = edit.current(node);
    if (isIdentity(operation)) {
      const source = edit.maker(inputs[0] ?? 0);
      edit.remove(node, source?.layer);
      continue;
    }
    const before = operation.kind === 'reshape' ? edit.maker(inputs[0] ?? 0) : undefined;
    if (before !== undefined && edit.current(before).operation.kind === 'reshape') {
      edit.replace(node, operation, edit.current(before).inputs);
      edit.fold(before.layer, node.layer);
    }
  }
  return edit.finish();
}

function isIdentity(operation: Operation): boolean {
  switch (operation.kind) {
    case 'activate':
      return operation.activation.kind === 'linear';
    case 'affine':
      return (
        operation.activation.kind === 'linear' &&
        operation.scale.every((scale) => scale === 1) &&
        operation.shift.every((shift) => shift === 0)
      );
    case 'pad':
      return operation.top + operation.bottom + operation.left + operation.right === 0;
    default:
      return false;
  }
}
