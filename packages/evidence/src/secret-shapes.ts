/**
 * Secrets that nobody registered but whose form gives them away. Of each match, group 1 is blacked out, or all
 * of it where there is no group. Every repetition is bounded or cannot overlap what follows it, so that hostile
 * text does not slow the search down.
 */
export const secretShapes: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/dg,
  /AGE-SECRET-KEY-1[A-Z0-9]{50,70}/dg,
  // user:PASSWORD@ in a URL; the user stays, it says who was asked to sign in.
  /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/?#"'<>]{0,200}:([^\s/?#"'<>]{1,500})@/dgi,
  /\b(?:proxy-)?authorization["']?\s{0,5}[:=]\s{0,5}"([^"\r\n]{1,5000})/dgi,
  /\b(?:proxy-)?authorization["']?\s{0,5}[:=]\s{0,5}([^\s"][^\r\n]{0,5000})/dgi,
  /\bbearer\s{1,5}(?=[^\s]{0,200}\d)([A-Za-z0-9._~+/=-]{8,5000})/dgi,
  /\bset-cookie["']?\s{0,5}[:=]\s{0,5}["'[]{0,3}[^=;\s"']{1,200}=([^;\r\n"']{1,5000})/dgi,
  /(?<!set-)\bcookie["']?\s{0,5}[:=]\s{0,5}["']?([^\s"'=;]{1,200}=[^\r\n"']{0,5000})/dgi,
  /\beyJ[A-Za-z0-9_-]{8,5000}\.[A-Za-z0-9_-]{8,20000}\.[A-Za-z0-9_-]{0,5000}/dg,
  /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/dg,
  /\baws_?(?:secret|session)_?(?:access_?)?(?:key|token)["']?\s{0,5}[:=]\s{0,5}["']?([A-Za-z0-9/+=]{16,2000})/dgi,
  /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/dg,
  /\bgithub_pat_[A-Za-z0-9_]{50,255}\b/dg,
  /\bglpat-[A-Za-z0-9_-]{20,255}/dg,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,255}/dg,
  /\b[sr]k_live_[A-Za-z0-9]{16,255}\b/dg,
  /\bnpm_[A-Za-z0-9]{36}\b/dg,
  /\bAIza[A-Za-z0-9_-]{35}/dg,
];
