import type { Recoveries, RecoveriesOptions } from '../host/api.ts';
import { createRecoveries } from '../host/recoveries.ts';
import { UnusableStore } from '../store/errors.ts';
import { nameOf, openStore } from '../store/open.ts';
import type { Store } from '../store/types.ts';
import type { ServiceConfig } from './config.ts';

/** What the service keeps and asks for beside the recoveries. */
export interface Kept
  extends Pick<
    Store,
    'setting' | 'set' | 'take' | 'census' | 'nextDueOf' | 'load' | 'requestsOf' | 'codes' | 'shared' | 'close'
  > {
  /** There where receipts do not go with their recovery. */
  forgetReceipts?: Store['forgetReceipts'];
}

/** Where all is kept: a store with a host on it, or Restate. */
export interface Keeper {
  /** As the log may tell it. */
  name: string;
  kept: Kept;
  /** Whether an error says that nothing can be written now, though it may later. */
  isUnavailable(error: unknown): boolean;
  host(options: Omit<RecoveriesOptions, 'store'> & { sealingKey: string }): Promise<Recoveries>;
}

/**
 * Opens what the configuration names.
 * @throws UnusableStore, and what `openStore` and `openRestate` do.
 */
export async function openKeeper(config: ServiceConfig, onWarning: (message: string) => void): Promise<Keeper> {
  if (config.restate) return onRestate(config.restate, onWarning);
  const { store: named, synchronous, checkStore: check, postgres } = config;
  const { store, isUnavailable } = await openStore(named, { synchronous, check, postgres });
  return {
    name: nameOf({ url: named }),
    kept: store,
    isUnavailable,
    host: (options) => createRecoveries({ ...options, store }),
  };
}

async function onRestate(
  { namespace, advertised, identityKeys, ...restate }: NonNullable<ServiceConfig['restate']>,
  onWarning: (message: string) => void,
): Promise<Keeper> {
  const { createRestateRecoveries, openRestate, RestateKeeping } = await sdk();
  const endpoint = await openRestate({
    ...restate,
    ...(advertised === undefined ? {} : { advertised }),
    ...(identityKeys === undefined ? {} : { identityKeys }),
    onWarning,
  });
  const kept = new RestateKeeping(endpoint, namespace);
  return {
    name: restate.ingress,
    kept,
    isUnavailable: kept.isUnavailable,
    host: (options) => createRestateRecoveries({ ...options, endpoint, namespace }),
  };
}

async function sdk() {
  try {
    const [api, keeping] = await Promise.all([import('../restate/index.ts'), import('../restate/keeping.ts')]);
    return { ...api, ...keeping };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const packages = '@restatedev/restate-sdk @restatedev/restate-sdk-clients';
    throw new UnusableStore(`Restate cannot be used without its SDK: npm install ${packages}`);
  }
}
