import { type Entity, type Group, File as Hdf5File, ready } from 'h5wasm';

/** Where a file stands in h5wasm's file system, which is in memory: no file can name one of this machine. */
const path = '/secateur.h5';

type Module = Awaited<typeof ready>;

/** Builds an HDF5 file and gives its bytes, the same each time. `build` must not wait. */
export async function buildHdf5(build: (file: Hdf5File) => void): Promise<Uint8Array> {
  const module = await ready;
  return guarded(module, () => {
    withClockAtZero(() => {
      const file = new Hdf5File(path, 'w');
      try {
        build(file);
      } finally {
        file.close();
      }
    });
    return module.FS.readFile(path);
  });
}

/** HDF5 writes the time into every object, and h5wasm has no switch for that: two files of one model would differ. */
function withClockAtZero(use: () => void): void {
  const { now } = Date;
  Date.now = () => 0;
  try {
    use();
  } finally {
    Date.now = now;
  }
}

/** Opens an HDF5 file that is in memory. `read` must not wait. */
export async function readHdf5<T>(bytes: Uint8Array, read: (file: Hdf5File) => T): Promise<T> {
  const module = await ready;
  return guarded(module, () => {
    module.FS.writeFile(path, bytes);
    const file = new Hdf5File(path, 'r');
    try {
      return read(file);
    } finally {
      file.close();
    }
  });
}

/** Runs `use` with HDF5's errors thrown instead of printed, and removes the file afterwards. */
function guarded<T>(module: Module, use: () => T): T {
  module.activate_throwing_error_handler();
  try {
    return use();
  } finally {
    module.deactivate_throwing_error_handler();
    if (module.FS.analyzePath(path, false).exists) module.FS.unlink(path);
  }
}

/** What stands at a path below a group; undefined when there is nothing. Each step must be a name in its group. */
export function child(group: Group, path: string): Entity | undefined {
  let at: Entity = group;
  for (const name of path.split('/')) {
    if (!isGroup(at) || !at.keys().includes(name)) return undefined;
    const next: Entity | null = at.get(name);
    if (next === null) return undefined;
    at = next;
  }
  return at;
}

function isGroup(entity: Entity): entity is Group {
  return 'keys' in entity;
}
