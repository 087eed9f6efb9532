import { layers as l } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { elements } from './random-graph.fixture.js';
import { fitted, padding, type StepKind, stepKind, upTo } from './random-step.fixture.js';

const pool = { poolSize: upTo(3), strides: upTo(2), padding };

/** Steps that add one layer of pooling, padding, cropping or resampling. */
export const poolingSteps: Readonly<Record<string, StepKind>> = {
  pooling1d: stepKind({
    ranks: [3],
    options: { max: fc.boolean(), ...pool },
    add: (graph, x, { max, poolSize, strides, padding }) => {
      const config = { poolSize, strides, padding: fitted(graph.space(x), poolSize, 1, padding) };
      return graph.add(max ? l.maxPooling1d : l.averagePooling1d, config, x);
    },
  }),
  pooling2d: stepKind({
    ranks: [4],
    options: { max: fc.boolean(), ...pool },
    add: (graph, x, { max, poolSize: size, strides: step, padding }) => {
      const fit = fitted(graph.space(x), size, 1, padding);
      const config = { poolSize: size, strides: [step, step] as [number, number], padding: fit };
      return graph.add(
        max ? l.maxPooling2d : l.averagePooling2d,
        { ...config, dataFormat: graph.format(x) },
        x,
      );
    },
  }),
  pooling3d: stepKind({
    ranks: [5],
    options: { max: fc.boolean(), ...pool },
    add: (graph, x, { max, poolSize: size, strides, padding }) => {
      const config = { poolSize: size, strides, padding: fitted(graph.space(x), size, 1, padding) };
      return graph.add(
        max ? l.maxPooling3d : l.averagePooling3d,
        { ...config, dataFormat: graph.format(x) },
        x,
      );
    },
  }),
  globalPooling: stepKind({
    ranks: [4, 3],
    options: { max: fc.boolean() },
    add: (graph, x, { max }) => {
      if (x.shape.length === 3)
        return graph.add(max ? l.globalMaxPooling1d : l.globalAveragePooling1d, {}, x);
      const dataFormat = graph.format(x);
      return graph.add(max ? l.globalMaxPooling2d : l.globalAveragePooling2d, { dataFormat }, x);
    },
  }),
  zeroPadding2d: stepKind({
    ranks: [4],
    options: { top: fc.nat(1), right: fc.nat(2) },
    add: (graph, x, { top, right }) => {
      const sides: [[number, number], [number, number]] = [
        [top, 0],
        [0, right],
      ];
      return graph.add(l.zeroPadding2d, { padding: sides, dataFormat: graph.format(x) }, x);
    },
  }),
  cropping2d: stepKind({
    ranks: [4],
    options: { bottom: fc.nat(1), left: fc.nat(1) },
    add: (graph, x, { bottom, left }) => {
      if (graph.space(x).some((size) => size < 2)) return undefined;
      const cropping: [[number, number], [number, number]] = [
        [0, bottom],
        [left, 0],
      ];
      return graph.add(l.cropping2D, { cropping, dataFormat: graph.format(x) }, x);
    },
  }),
  upSampling2d: stepKind({
    ranks: [4],
    options: { rows: upTo(2), columns: upTo(2), isBilinear: fc.boolean() },
    add: (graph, x, { rows, columns, isBilinear }) => {
      if (elements(x) > 100) return undefined;
      const interpolation = isBilinear ? 'bilinear' : 'nearest';
      return graph.add(
        l.upSampling2d,
        { size: [rows, columns], interpolation, dataFormat: graph.format(x) },
        x,
      );
    },
  }),
  centerCrop: stepKind({
    ranks: [4],
    options: { height: upTo(4), width: upTo(4) },
    add: (graph, x, { height: h, width: w }) => {
      const [rows, columns] = graph.space(x) as [number, number];
      const [height, width] = [Math.min(h, rows), Math.min(w, columns)];
      if (graph.format(x) === 'channelsFirst' || elements(x) > 200) return undefined;
      // tfjs overwrites the shape of the symbolic tensor that it crops: let nothing else use it.
      const cropping: [[number, number], [number, number]] = [
        [0, 0],
        [0, 0],
      ];
      return graph.add(l.centerCrop, { height, width }, graph.add(l.cropping2D, { cropping }, x));
    },
  }),
};
