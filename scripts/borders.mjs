// Who may import whom. The table in ARCHITECTURE.md, as data; scripts/check-borders.mjs enforces it.
const BELOW_APP = ['contracts', 'machine', 'network', 'storage', 'git', 'app/domain'];
const ACTIONS = [
  ...BELOW_APP,
  'app/db',
  'app/builds/launchers',
  'app/notifications',
  'app/github/client',
  'app/logs/stores',
  'app/jobs/queue.ts',
  'app/jobs/hint-jobs.ts',
  'app/http',
  'app/actions',
];

/** folder (or file) → what it may import besides itself */
export const BORDERS = {
  contracts: [],
  machine: [],
  network: [],
  storage: ['contracts', 'machine'],
  git: ['contracts', 'network'],
  cli: ['contracts', 'publish'],
  publish: ['contracts'],
  builder: ['contracts', 'machine', 'git', 'publish'],
  proxy: ['contracts', 'storage'],
  'app/domain': ['contracts'],
  'app/db': BELOW_APP,
  'app/builds/launchers': BELOW_APP,
  'app/notifications': BELOW_APP,
  'app/github/client': BELOW_APP,
  'app/logs/stores': BELOW_APP,
  'app/jobs/queue.ts': [...BELOW_APP, 'app/db'],
  'app/jobs/hint-jobs.ts': ['app/jobs/queue.ts', 'app/db'],
  'app/http': ['contracts', 'app/domain', 'app/db'],
  'app/actions': ACTIONS,
  'app/builds/endpoints': ACTIONS,
  'app/logs/endpoints': ACTIONS,
  'app/api': ACTIONS,
  'app/jobs/handlers': ACTIONS,
  'app/github/webhooks': ACTIONS,
  'app/dashboard': [...ACTIONS, 'app/dashboard/browser'],
  // What runs in a browser is served as it is: it can import nothing that is not served too.
  'app/dashboard/browser': [],
  'app/create-http.ts': [
    ...ACTIONS,
    'app/builds/endpoints',
    'app/logs/endpoints',
    'app/api',
    'app/github/webhooks',
    'app/dashboard',
  ],
  'app/config.ts': ['contracts', 'app/github-settings.ts'],
  'app/github-settings.ts': ['contracts'],
  'builder/config.ts': ['contracts'],
  'proxy/config.ts': ['contracts'],
};

/** Composition roots: they may import anything, and nothing imports them. */
export const ROOTS = ['app/main.ts', 'builder/main.ts', 'proxy/main.ts', 'cli/main.ts', 'embedded', 'demo'];
