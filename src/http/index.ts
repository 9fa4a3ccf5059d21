/** The engine as a back end runs it: an HTTP service on one SQLite file, on a PostgreSQL database, or in front of Restate. */
export { createHttpPorts, type HttpPortsOptions } from '../adapters/http-ports.ts';
export { ConfigError, loadConfig, ServiceConfig, type ServiceConfigInput } from './config.ts';
export { type Service, startService } from './service.ts';
