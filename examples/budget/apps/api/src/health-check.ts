import { readFileSync } from 'node:fs';
import { request } from 'node:https';

// What the container's HEALTHCHECK runs: asks the server in the same container whether it is alive, over TLS, trusting
// exactly the certificate that the server was given. Exit code 0 or 1.

const asked = request(
  {
    host: '127.0.0.1',
    port: Number(process.env.PORT ?? 8443),
    path: '/health/live',
    ca: readFileSync(process.env.TLS_CERT_FILE ?? ''),
    allowPartialTrustChain: true,
    // The name is the public one; here it is the certificate itself that is compared.
    checkServerIdentity: () => undefined,
    timeout: 3_000,
  },
  (answer) => {
    answer.resume();
    process.exitCode = answer.statusCode === 200 ? 0 : 1;
  },
);
asked.on('timeout', () => asked.destroy(new Error('timeout')));
asked.on('error', () => {
  process.exitCode = 1;
});
asked.end();
