export {
  type Control,
  control,
  type Definition,
  type Mapping,
  optional,
  partly,
  supports,
} from './core/control.ts';
export { BlindError, SuretyError } from './core/error.ts';
export type { Estate, EstateDeclaration, SuretyConfig } from './core/estate.ts';
export type { Change, Step } from './core/plan.ts';
export type { Population, See } from './core/see.ts';
export type { Handle, OpenContext, TargetKind, TargetKinds, Touch } from './core/target.ts';
export type { Value, Values } from './core/values.ts';
// Each of these modules adds its kind to TargetKinds; without them a control of the user's has no handles.
export type { BackupTarget } from './targets/backup/target.ts';
export type { HttpTarget } from './targets/http/target.ts';
export type { PostgresTarget } from './targets/postgres/target.ts';
export type { Repo } from './targets/repo/target.ts';
export type { Service } from './targets/service/target.ts';
export type { TlsTarget } from './targets/tls/target.ts';
