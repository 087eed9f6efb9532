import { existsSync } from 'node:fs';
import { env } from 'node:process';
import type { LaunchOptions } from 'playwright';

const executablePath = env.CHROMIUM_PATH ?? '/usr/bin/chromium';

if (!existsSync(executablePath)) {
  process.stderr.write(
    `No Chromium at ${executablePath}: install it (Debian: apt-get install chromium), or set CHROMIUM_PATH to that of yours.\n`,
  );
  process.exit(1);
}

/** Chromium that draws and computes in software, so that WebGL and WebGPU are there without a graphics card. */
export const launchOptions: LaunchOptions = {
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
  ],
};
