/** The engine as a back end runs it: an HTTP service over one SQLite file. */
export { createHttpPorts, type HttpPortsOptions } from '../adapters/http-ports.ts';
export { ConfigError, loadConfig, ServiceConfig, type ServiceConfigInput } from './config.ts';
export { type Service, startService } from './service.ts';
