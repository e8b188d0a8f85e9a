import { STATUS_CODES } from 'node:http';

/** All that a client learns of an error. What happened stands in the log, under the same request id. */
export type ErrorBody = { code: string; requestId: string };

const codes: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'timeout',
  413: 'too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  417: 'expectation_failed',
  431: 'headers_too_large',
  503: 'unavailable',
};

export function errorBody(status: number, requestId: string): ErrorBody {
  return { code: codes[status] ?? (status < 500 ? 'refused' : 'internal'), requestId };
}

export function reason(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
