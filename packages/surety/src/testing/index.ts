export { type HttpBreak, scratchHttp } from './scratch-http.ts';
export { type PostgresBreak, type ScratchPostgresOptions, scratchPostgres } from './scratch-postgres.ts';
export { type RepoBreak, type ScratchRepoOptions, scratchRepo } from './scratch-repo.ts';
export { type RolesBreak, scratchRoles } from './scratch-roles.ts';
export { type ServiceBreak, scratchService } from './scratch-service.ts';
export { scratchTls, type TlsBreak } from './scratch-tls.ts';
export {
  type Lookalike,
  type Sabotage,
  type Scene,
  type Scratch,
  type Specimens,
  specimens,
} from './specimens.ts';
