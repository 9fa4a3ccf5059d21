import { openRecovery } from '../../../../src/browser/index.ts';

// A page whose engine is the tab, with ports at the site's back end.

Object.assign(globalThis, {
  app: {
    open: async () => {
      const recovery = await openRecovery({
        id: 'r1',
        accountId: 'a1',
        device: { deviceId: 'd1' },
        ports: { url: '/ports' },
        retryDelay: () => 100,
      });
      Object.assign(globalThis, { recovery, look: () => recovery.view.getSnapshot() });
    },
  },
});
