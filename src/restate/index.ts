export { openRestate, type RestateEndpoint, type RestateOptions } from './endpoint.ts';
export { createRestateRecoveries, type RestateRecoveriesOptions } from './host.ts';
