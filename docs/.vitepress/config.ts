import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig } from 'vitepress';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The decision records by number, with the titles of their pages. */
function decisions(): DefaultTheme.SidebarItem[] {
  return readdirSync(here('../decisions'))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => {
      const [, title = file] = /^# (.*)$/m.exec(readFileSync(here(`../decisions/${file}`), 'utf8')) ?? [];
      return { text: title, link: `/decisions/${file.replace(/\.md$/, '')}` };
    });
}

/** Written by typedoc, before the site is built. */
const api: DefaultTheme.SidebarItem[] = JSON.parse(readFileSync(here('../api/typedoc-sidebar.json'), 'utf8'));

const guides: DefaultTheme.SidebarItem[] = [
  { text: 'What it is for', link: '/' },
  { text: 'Prune your first model', link: '/guide/first-model' },
  { text: 'Structured pruning', link: '/guide/structured-pruning' },
  { text: 'Sparse inference', link: '/guide/sparse-inference' },
  { text: 'Training loops', link: '/guide/training-loops' },
  { text: 'Your own strategy and schedule', link: '/guide/strategies-and-schedules' },
  { text: 'Files and sizes', link: '/guide/files-and-sizes' },
  { text: 'Training on wasm', link: '/guide/wasm-training' },
  { text: 'Hard cases', link: '/guide/hard-cases' },
  { text: 'Coming from tfmot', link: '/guide/coming-from-tfmot' },
];

const warnings: string[] = [];
const log = (message: string): void => console.log(message);
const warn = (message: string): void => {
  warnings.push(message);
  console.warn(message);
};

/** Dead links fail by themselves; with this, warnings do as well. */
const logger = {
  info: log,
  warn,
  warnOnce: warn,
  error: (message: string): void => console.error(message),
  clearScreen: (): void => {},
  hasErrorLogged: (): boolean => false,
  hasWarned: false,
};

export default defineConfig({
  title: 'Secateur',
  description: 'The pruning toolkit for TensorFlow.js',
  lang: 'en',
  cleanUrls: true,
  // The largest chunk is the index of the search, which loads when somebody searches.
  vite: { customLogger: logger, build: { chunkSizeWarningLimit: 1000 } },
  buildEnd: () => {
    if (warnings.length > 0) throw new Error(`The site was built with ${warnings.length} warnings`);
  },
  themeConfig: {
    nav: [
      { text: 'First model', link: '/guide/first-model' },
      { text: 'Structured pruning', link: '/guide/structured-pruning' },
      { text: 'Sparse inference', link: '/guide/sparse-inference' },
      { text: 'From tfmot', link: '/guide/coming-from-tfmot' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      { text: 'Guides', items: guides },
      { text: 'API reference', link: '/api/', collapsed: true, items: api },
      { text: 'Decisions', collapsed: true, items: decisions() },
    ],
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: 'https://github.com/secateur/secateur' }],
  },
});
