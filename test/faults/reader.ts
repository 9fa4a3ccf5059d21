import type { StoreReader } from '../../src/store/types.ts';

/** What has to be read of whatever keeps the recoveries, while it is in use. */
export interface Reader extends Pick<StoreReader, 'load' | 'audit' | 'requestsOf' | 'tamperings' | 'close'> {
  /** Whether it may not show yet all that is committed. */
  isBehind?(): boolean;
}
