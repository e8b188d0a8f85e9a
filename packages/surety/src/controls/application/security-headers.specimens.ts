import { scratchHttp } from '../../testing/scratch-http.ts';
import { specimens } from '../../testing/specimens.ts';
import securityHeaders from './security-headers.ts';

const csp = 'Content-Security-Policy';
const hsts = 'Strict-Transport-Security';
const strictPage =
  "default-src 'none'; script-src 'nonce-NONCE'; style-src 'nonce-NONCE'; base-uri 'none'; frame-ancestors 'none'";

export default specimens({
  control: securityHeaders,
  on: scratchHttp,
  lookalikes: {
    'names in lower case, in another order': { break: { disguised: true } },
    'stricter than asked, and more headers': {
      break: {
        headers: {
          [hsts]: 'includeSubDomains; preload; MAX-AGE="94608000"',
          'X-Frame-Options': 'DENY',
          'X-Request-Id': '7f3a91',
          'Permissions-Policy': 'accelerometer=(), camera=(), geolocation=(), microphone=(), usb=()',
        },
      },
    },
    'the same HSTS and nosniff twice': {
      break: {
        headers: {
          [hsts]: ['max-age=31536000; includeSubDomains', 'max-age=31536000;includeSubDomains'],
          'X-Content-Type-Options': ['nosniff', 'nosniff'],
        },
      },
    },
    'two policies that are strict only together': {
      break: { headers: { [csp]: ["default-src 'none'; base-uri 'none'", "frame-ancestors 'none'"] } },
    },
    'a page with a nonce': { break: { page: strictPage } },
    'a page with fallbacks for old browsers': {
      break: {
        page: "default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
      },
    },
    'a referrer policy with a fallback': {
      break: { headers: { 'Referrer-Policy': 'no-referrer, same-origin, new-token' } },
    },
    'a server name without its version': { break: { headers: { Server: 'surety' } } },
    'a cookie that no other host can set': {
      break: { cookie: '__Host-sid=surety-canary-token-c07e; Path=/; Secure; HttpOnly; SameSite=Strict' },
    },
    'an old cookie is removed': { break: { cookie: 'legacy=; Max-Age=0; Path=/' } },
  },
  sabotages: {
    'only handlers that succeed set them': {
      break: {
        bare: [
          204,
          308,
          400,
          401,
          403,
          404,
          405,
          413,
          415,
          500,
          'parser',
          'expectation',
          'upgrade',
          'no host',
          'preflight',
        ],
      },
      names: 'absent path (404)',
    },
    'the parser answers bare': { break: { bare: ['parser'] }, names: 'bad request line (400)' },
    'too large headers are answered bare': { break: { bare: ['parser'] }, names: 'headers too large (431)' },
    'a missing host is answered bare': { break: { bare: ['no host'] }, names: 'missing host (400)' },
    'an unmet expectation is answered bare': {
      break: { bare: ['expectation'] },
      names: 'unmet expectation (417)',
    },
    'a refused upgrade is answered bare': { break: { bare: ['upgrade'] }, names: 'refused upgrade (403)' },
    'a preflight is answered bare': { break: { bare: ['preflight'] }, names: 'preflight (204)' },
    'HEAD is answered bare': { break: { bare: ['HEAD'] }, names: 'answer to HEAD (200)' },
    'bad percent-encoding and bodies are answered bare': {
      break: { bare: [400] },
      names: 'bad percent-encoding (400)',
    },
    '401 is bare': { break: { bare: [401] }, names: 'without a session (401)' },
    '403 is bare': { break: { bare: [403] }, names: 'forbidden (403)' },
    '404 is bare': { break: { bare: [404] }, names: 'absent path (404)' },
    '405 is bare': { break: { bare: [405] }, names: 'unused method (405)' },
    '413 is bare': { break: { bare: [413] }, names: 'body too large (413)' },
    '415 is bare': { break: { bare: [415] }, names: 'unlisted content type (415)' },
    '500 is bare': { break: { bare: [500] }, names: 'failure (500)' },
    'a redirect is bare': { break: { bare: [308] }, names: 'redirect (308)' },
    'HSTS switched off': { break: { headers: { [hsts]: 'max-age=0; includeSubDomains' } }, names: hsts },
    'HSTS for a day': { break: { headers: { [hsts]: 'max-age=86400; includeSubDomains' } }, names: hsts },
    'HSTS without subdomains': { break: { headers: { [hsts]: 'max-age=31536000' } }, names: hsts },
    'two HSTS that differ': {
      break: { headers: { [hsts]: ['max-age=31536000; includeSubDomains', 'max-age=0'] } },
      names: 'differently',
    },
    'HSTS empty': { break: { headers: { [hsts]: '' } }, names: hsts },
    'no policy': { break: { headers: { [csp]: null } }, names: csp },
    'a policy that is only reported': {
      break: { headers: { [csp]: null, [`${csp}-Report-Only`]: "default-src 'none'" } },
      names: csp,
    },
    'a policy that lets others frame it': {
      break: { headers: { [csp]: "default-src 'none'; base-uri 'none'" } },
      names: 'frame-ancestors',
    },
    'a policy loosened again': {
      break: {
        headers: { [csp]: "default-src 'none'; script-src *; base-uri 'none'; frame-ancestors 'none'" },
      },
      names: 'default-src',
    },
    'a page with unsafe-inline': {
      break: {
        page: "default-src 'self'; script-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
      },
      names: 'script-src',
    },
    'a page with unsafe-inline styles': {
      break: {
        page: "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
      },
      names: 'style-src',
    },
    'a page with scripts from anywhere': {
      break: {
        page: "default-src 'self'; script-src https:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
      },
      names: 'script-src',
    },
    'a page whose nonce never changes': {
      break: { page: strictPage.replaceAll('NONCE', 'c3VyZXR5LXN0YXRpYy1ub25jZQ') },
      names: 'a new nonce each time',
    },
    'nosniff misspelt': {
      break: { headers: { 'X-Content-Type-Options': 'no-sniff' } },
      names: 'X-Content-Type-Options',
    },
    'the whole address to everybody': {
      break: { headers: { 'Referrer-Policy': 'unsafe-url' } },
      names: 'Referrer-Policy',
    },
    'a strict referrer policy, overruled': {
      break: { headers: { 'Referrer-Policy': 'no-referrer, unsafe-url' } },
      names: 'Referrer-Policy',
    },
    'opener policy twice': {
      break: { headers: { 'Cross-Origin-Opener-Policy': ['same-origin', 'same-origin'] } },
      names: 'Cross-Origin-Opener-Policy',
    },
    'readable by every site': {
      break: { headers: { 'Cross-Origin-Resource-Policy': 'cross-origin' } },
      names: 'Cross-Origin-Resource-Policy',
    },
    'the camera for everybody': {
      break: { headers: { 'Permissions-Policy': 'camera=*, geolocation=(), microphone=()' } },
      names: 'open: camera',
    },
    'permissions policy empty': {
      break: { headers: { 'Permissions-Policy': '' } },
      names: 'Permissions-Policy',
    },
    'answers to a session are cached': {
      break: { at: { place: 200, headers: { 'Cache-Control': 'public, max-age=60' } } },
      names: 'answer to a session (200): Cache-Control',
    },
    'the server tells its version': { break: { headers: { Server: 'nginx/1.22.1' } }, names: 'nginx/1.22.1' },
    'the framework tells its name, on errors': {
      break: { at: { place: 500, headers: { 'X-Powered-By': 'Express' } } },
      names: 'failure (500): Server, X-Powered-By',
    },
    'a cookie that scripts can read': {
      break: { cookie: '__Host-sid=1; Path=/; Secure' },
      names: 'not HttpOnly',
    },
    'a cookie that other hosts can set': {
      break: { cookie: 'sid=1; Path=/; Secure; HttpOnly; Domain=localhost' },
      names: 'cookie sid',
    },
  },
});
