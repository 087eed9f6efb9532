import { serialization } from '@tensorflow/tfjs-core';

/** A class that tfjs can save. */
type NamedClass = { readonly className?: unknown };

/**
 * Whether an object is of the class that its class name is registered for, so that it does what tfjs's class of this
 * name does: subclasses that inherit or reuse the name are not, nor are objects with a `call` of their own.
 */
export function isGenuine(object: { getClassName(): string }): boolean {
  const className = object.getClassName();
  const registered: readonly unknown[] | undefined =
    serialization.SerializationMap.getMap().classNameMap[className];
  if (registered?.[0] !== object.constructor) return false;
  if (Object.hasOwn(object, 'call') || Object.hasOwn(object, 'apply')) return false;
  let ancestor: unknown = Object.getPrototypeOf(object.constructor);
  while (typeof ancestor === 'function') {
    if ((ancestor as NamedClass).className === className) return false;
    ancestor = Object.getPrototypeOf(ancestor);
  }
  return true;
}
