import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';

/** The repository's top folder, without a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Where `npm run pack` leaves the tarballs. */
export const tarballs = join(root, '.cache/tarballs');

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, string | Record<string, string>>} exports
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {string} [unpkg]
 */

/**
 * @typedef {object} Package
 * @property {string} name such as `@secateur/masks`
 * @property {string} folder absolute
 * @property {string} path from the root, such as `packages/masks`
 * @property {string} tarball absolute path of what `npm run pack` made of it
 * @property {Manifest} manifest
 */

/** @type {readonly Package[]} */
export const packages = globSync('packages/*/package.json', { cwd: root, absolute: true })
  .sort()
  .map((file) => {
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const folder = file.slice(0, -'/package.json'.length);
    const archive = `${manifest.name.slice(1).replace('/', '-')}-${manifest.version}.tgz`;
    return {
      name: manifest.name,
      folder,
      path: `packages/${basename(folder)}`,
      tarball: join(tarballs, archive),
      manifest,
    };
  });

/** The workspace packages that `name` needs, directly or not, without itself. */
export function siblingsOf(/** @type {Package} */ { manifest }) {
  /** @type {Set<Package>} */
  const found = new Set();
  for (const sibling of packages.filter(({ name }) => name in (manifest.dependencies ?? {}))) {
    found.add(sibling);
    for (const further of siblingsOf(sibling)) found.add(further);
  }
  return [...found];
}
