// Sends one file to an agent's knowledge, with its progress: a request that a browser reports on while it is sent.
import { TroupeError } from '@troupe/client';

import { type Credentials, headers } from '../../credentials/credentials';

export interface UploadOptions {
  readonly agentId: string;
  readonly file: File;
  readonly credentials: Credentials;
  /** The part that has been sent, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Resolves to the id of the document, which is then read in the background. */
export function upload({ agentId, file, credentials, onProgress, signal }: UploadOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    // the page was left while the file waited for others
    if (signal.aborted) return reject(new TroupeError('network', 'the file was not sent'));
    const request = new XMLHttpRequest();
    const form = new FormData();
    // the fields come before the file, so that the server can refuse without reading it
    form.append('agentId', agentId);
    form.append('file', file);
    request.open('POST', '/documents');
    request.responseType = 'json';
    for (const [name, value] of Object.entries(headers(credentials))) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total, lengthComputable }) => lengthComputable && onProgress(loaded / total);
    request.onload = () => {
      const answer: unknown = request.response;
      const id = documentId(answer);
      if (id) resolve(id);
      else reject(refusal(answer, request.status));
    };
    request.onerror = () => reject(new TroupeError('network', 'the connection failed'));
    request.onabort = () => reject(new TroupeError('network', 'the file was not sent'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}

function documentId(answer: unknown): string | null {
  const { document } = (answer ?? {}) as { document?: { id?: string } };
  return document?.id ?? null;
}

function refusal(answer: unknown, status: number): TroupeError {
  const { errors } = (answer ?? {}) as { errors?: { message: string; extensions?: Record<string, unknown> }[] };
  return errors?.length ? TroupeError.fromGraphQL(errors) : new TroupeError('failed', `the server answered ${status}`);
}
