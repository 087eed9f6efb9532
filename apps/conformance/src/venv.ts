import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './peer.js';

const root: string = fileURLToPath(new URL('../../../', import.meta.url));
const requirements: string = fileURLToPath(new URL('../python/requirements.txt', import.meta.url));

const needed = `The peers are Python packages: install Python 3.10 to 3.13 with its venv module (Debian: python3 python3-venv),
or name the python of an environment that holds ${requirements} in SECATEUR_PYTHON or --python.`;

/**
 * The Python that holds the peers: `chosen`, else SECATEUR_PYTHON, else `.venv` at the root, which is made when it
 * is not there. Its stamp is written last, so an installation that was cut short is done again.
 */
export async function peerPython(chosen: string | undefined = process.env.SECATEUR_PYTHON): Promise<string> {
  if (chosen !== undefined && chosen !== '') return chosen;
  const venv = join(root, '.venv');
  const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const stamp = join(venv, 'secateur-requirements.txt');
  const wanted = await readFile(requirements, 'utf8');
  if (await isInstalled(python, stamp, wanted)) return python;

  process.stderr.write(`Installing tfmot into ${venv} (about a minute, 2 GB)\n`);
  await rm(venv, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', venv]);
  } catch (cause) {
    throw new Error(`No Python environment could be made. ${needed}`, { cause });
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  try {
    await run(python, [...pip, '-r', requirements]);
  } catch (cause) {
    throw new Error(`tfmot could not be installed. ${needed}`, { cause });
  }
  await writeFile(stamp, wanted);
  return python;
}

async function isInstalled(python: string, stamp: string, wanted: string): Promise<boolean> {
  try {
    await access(python);
    return (await readFile(stamp, 'utf8')) === wanted;
  } catch {
    return false;
  }
}
