/** Checks that the packages have one shape, in their manifests and in what `npm run pack` made of them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import { packages } from './workspace.js';

/** Every manifest has these keys in this order; those with a question mark may be left out. */
const keys = [
  'name',
  'version',
  'description',
  'license',
  'keywords',
  'homepage',
  'bugs',
  'repository',
  'type',
  'sideEffects',
  'engines',
  'exports',
  'unpkg?',
  'jsdelivr?',
  'files',
  'scripts',
  'dependencies?',
  'peerDependencies?',
  'peerDependenciesMeta?',
  'devDependencies?',
  'publishConfig',
];

const sourceOf = (/** @type {string} */ built) => built.replace(/^\.\/dist\/(.*)\.js$/, './src/$1.ts');

/** @returns {string[]} */
function complaintsAbout(/** @type {import('./workspace.js').Package} */ { name, path, folder, manifest }) {
  /** @type {string[]} */
  const complaints = [];
  const expect = (/** @type {string} */ key, /** @type {unknown} */ found, /** @type {unknown} */ wanted) => {
    if (isDeepStrictEqual(found, wanted)) return;
    complaints.push(`${path}: ${key} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  };
  const home = `https://github.com/secateur/secateur`;
  const found = /** @type {Record<string, any>} */ (manifest);
  const present = Object.keys(manifest);
  expect(
    'the order of keys',
    present,
    keys.map((key) => key.replace('?', '')).filter((key) => present.includes(key)),
  );
  for (const key of keys)
    if (!key.endsWith('?') && !present.includes(key)) complaints.push(`${path}: no ${key}`);

  expect('name', name, `@secateur/${path.slice('packages/'.length)}`);
  expect('license', found.license, 'MIT');
  expect('homepage', found.homepage, `${home}/tree/main/${path}#readme`);
  expect('bugs', found.bugs, `${home}/issues`);
  expect('repository', found.repository, { type: 'git', url: `git+${home}.git`, directory: path });
  expect('type', found.type, 'module');
  expect('sideEffects', found.sideEffects, false);
  expect('engines', found.engines, { node: '>=20.19' });
  expect('publishConfig', found.publishConfig, { access: 'public' });
  expect('keywords', found.keywords?.slice(0, 3), ['tensorflow', 'tensorflowjs', 'tfjs']);
  expect('files', found.files, [
    'dist',
    '!dist/.tsbuildinfo',
    'src',
    '!src/**/*.test.ts',
    '!src/**/*.test-d.ts',
    '!src/**/*.fixture.ts',
    'CHANGELOG.md',
  ]);

  const { '.': main, './package.json': own, ...subpaths } = manifest.exports;
  expect('exports["./package.json"]', own, './package.json');
  for (const [key, entry] of Object.entries({ '.': main ?? {}, ...subpaths })) {
    const built = key === '.' ? './dist/index.js' : `./dist/${key.slice(2)}.js`;
    const wanted = {
      '@secateur/source': sourceOf(built),
      types: built.replace(/\.js$/, '.d.ts'),
      default: built,
    };
    expect(`exports["${key}"]`, Object.entries(entry), Object.entries(wanted));
  }
  const bundle = `./dist/${name.slice(1).replace('/', '-')}.min.js`;
  const bundled = found.scripts.build.includes('rolldown');
  expect('unpkg', found.unpkg, bundled ? bundle : undefined);
  expect('jsdelivr', found.jsdelivr, bundled ? bundle : undefined);

  for (const [key, range] of Object.entries(manifest.dependencies ?? {})) {
    if (key.startsWith('@secateur/')) expect(`dependencies["${key}"]`, range, 'workspace:^');
  }
  for (const key of Object.keys(manifest.peerDependencies ?? {})) {
    if (manifest.devDependencies?.[key] === undefined)
      complaints.push(`${path}: peer ${key} is no devDependency`);
  }
  for (const file of ['README.md', 'CHANGELOG.md']) {
    if (!existsSync(join(folder, file))) complaints.push(`${path}: no ${file}`);
  }
  return complaints;
}

/** What the tarball holds that it should not, and the other way round. */
async function complaintsAboutTarball(
  /** @type {import('./workspace.js').Package} */ { path, tarball, manifest },
) {
  const { stdout } = await execa('tar', ['-tzf', tarball]);
  const files = new Set(stdout.split('\n').map((line) => line.replace('package/', '')));
  const complaints = [...files]
    .filter(
      (file) => /\.test(-d)?\.|\.fixture\.|tsbuildinfo/.test(file) || !/^(dist\/|src\/|[^/]+$)/.test(file),
    )
    .map((file) => `${path}: ${file} is packed`);
  for (const file of files) {
    const source = file.replace(/^dist\/(.*?)(\.d\.ts|\.js)(\.map)?$/, 'src/$1.ts');
    if (!file.includes('.min.js') && !files.has(source))
      complaints.push(`${path}: ${file} is packed without source`);
  }
  const entries = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? entry : Object.values(entry),
  );
  for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md', manifest.unpkg ?? [], ...entries].flat()) {
    if (!files.has(file.replace('./', ''))) complaints.push(`${path}: ${file} is not packed`);
  }
  return complaints;
}

const complaints = packages.flatMap(complaintsAbout);
for (const pack of packages) complaints.push(...(await complaintsAboutTarball(pack)));
for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
process.stdout.write(`${packages.length} packages, ${complaints.length} complaints\n`);
process.exitCode = complaints.length > 0 ? 1 : 0;
