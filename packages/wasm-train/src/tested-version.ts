/** The versions of tfjs that the tests of this package run against. */
const testedVersions: readonly string[] = ['4.22.0'];

const warned = new Set<string>();

/**
 * Warns, once per version, when tfjs is of a version whose kernels were not compared with ours.
 *
 * Nothing is refused: a later 4.x is likely to work, but only a test knows.
 */
export function warnOnUntestedVersion(versions: { readonly core: string; readonly wasm: string }): void {
  for (const [name, version] of [
    ['@tensorflow/tfjs-core', versions.core],
    ['@tensorflow/tfjs-backend-wasm', versions.wasm],
  ] as const) {
    const key = `${name}@${version}`;
    if (testedVersions.includes(version) || warned.has(key)) continue;
    warned.add(key);
    console.warn(
      `@secateur/wasm-train was tested with ${name} ${testedVersions.join(', ')}, not with ${version}: ` +
        'compare a few gradients with the cpu backend before relying on it.',
    );
  }
}
