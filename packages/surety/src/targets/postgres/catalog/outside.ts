/**
 * What a rollback does not take back: other servers, files, programs, other sessions, the server's own state. NOTIFY is
 * part of the transaction and is never delivered from one that is rolled back.
 */
const outside = new RegExp(
  [
    String.raw`\b(dblink\w*|http(_\w+)?|aws_\w+\.\w+|pg_background_\w+|lo_export|lo_import|pg_file_\w+)\s*\(`,
    String.raw`\b(pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_promote)\s*\(`,
    String.raw`\b(pg_create_\w+|pg_drop_\w+|pg_replication_\w+|pg_logical_\w+|pg_stat_reset\w*)\s*\(`,
    String.raw`\bpg_(try_)?advisory_lock(_shared)?\s*\(`,
    String.raw`\bcopy\b[^;]*\b(to|from)\b\s*(program\b|')`,
    String.raw`\b(dblink_connect|create\s+(server|subscription|database|tablespace)|alter\s+system|vacuum)\b`,
  ].join('|'),
  'i',
);

export function reachesOut(source: string): boolean {
  return outside.test(source);
}

/** Keeps whoever calls it waiting, or everybody else. */
export function waits(source: string): boolean {
  return /\bpg_sleep\w*\s*\(|\block\s+table\b/i.test(source);
}

/** SQL that a function puts together as it runs: nobody can read beforehand what that does. */
export function makesUpSql(language: string, source: string): boolean {
  return language === 'plpgsql' && /\bexecute\b(?!\s+(function|procedure)\b)/i.test(source);
}
