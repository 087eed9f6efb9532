import { serialization } from '@tensorflow/tfjs-core';
import { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import type { ChannelRule } from './rule.js';
import { hasChannelRule, registerChannelRule } from './rule-registry.js';
import { StructureError } from './structure-error.js';

const pass: ChannelRule = ({ inputs }) => ({ outputs: [...inputs] });

type LayerClass = { prototype: unknown };

/** Every class of layers that is registered: those of tfjs, and the wrapper of `@secateur/layers`. */
const layerClasses = Object.entries(serialization.SerializationMap.getMap().classNameMap)
  .map(([className, [cls]]) => ({ className, cls: cls as unknown as LayerClass }))
  .filter(({ cls }) => cls.prototype instanceof layers.Layer);

const isModel = (cls: LayerClass) => cls === LayersModel || cls.prototype instanceof LayersModel;

it('knows what happens to channels in every class of tfjs', () => {
  const names = layerClasses.map(({ className }) => className);
  expect(names.length).toBeGreaterThanOrEqual(67);
  expect(names).toEqual(expect.arrayContaining(['Dense', 'ConvLSTM2DCell', 'RandomWidth', 'Sequential']));
  const unknown = layerClasses.filter(({ className, cls }) => !hasChannelRule(className) && !isModel(cls));
  // An input layer does nothing to channels: they begin there.
  expect(unknown.map(({ className }) => className)).toEqual(['InputLayer']);
});

it('takes a rule for a class of the caller, and the same again', () => {
  expect(hasChannelRule('Scaled')).toBe(false);
  registerChannelRule('Scaled', pass);
  expect(hasChannelRule('Scaled')).toBe(true);
  expect(() => registerChannelRule('Scaled', pass)).not.toThrow();
});

it.each(['Dense', 'PruneLowMagnitude', 'Taken'])('takes no second rule for %s', (className) => {
  registerChannelRule('Taken', pass);
  const another: ChannelRule = ({ inputs }) => ({ outputs: [...inputs] });
  let error: unknown;
  try {
    registerChannelRule(className, another);
  } catch (thrown) {
    error = thrown;
  }
  expect(StructureError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({
    message: `className: the layer class "${className}" has a rule already`,
    option: 'className',
    value: className,
  });
});
