import { scalar, tidy } from '@tensorflow/tfjs-core';
import type { LayerVariable } from './tfjs.js';

/** A variable, and a way to set it that costs nothing until it is read. */
export interface LazyVariable {
  readonly variable: LayerVariable;
  readonly set: (value: number) => void;
}

/**
 * Makes the tensor of an int32 scalar only when it is read: making one for each layer after each batch took a fifth of
 * a pruning step.
 */
export function writtenLazily(variable: LayerVariable): LazyVariable {
  let pending: number | undefined;
  const read = variable.read.bind(variable);
  const write = variable.write.bind(variable);
  variable.read = () => {
    if (pending !== undefined) {
      const value = pending;
      pending = undefined;
      tidy(() => {
        write(scalar(value, 'int32'));
      });
    }
    return read();
  };
  variable.write = (value) => {
    pending = undefined;
    return write(value);
  };
  return {
    variable,
    set: (value) => {
      pending = value;
    },
  };
}
