import type { RecoveryPath } from '../../machines/path.ts';

/** Paths of one's own. The build puts the module in the place of this one that `REGAIN_PATHS` names. */
const own: RecoveryPath | readonly RecoveryPath[] = [];
export default own;
