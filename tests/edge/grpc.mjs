// A gRPC client in the little that these tests need of it, over Node's own HTTP/2: one unary call on one stream. It
// gives what the wire says, without retries, so that a test sees every refusal.
import http2 from 'node:http2';

// A connection to the edge as 127.0.0.1, or as another loopback address: the edge's limits go by address.
export function connect(edge, { from = '127.0.0.1', ...tls } = {}) {
  const session = http2.connect(`https://localhost:${edge.port}`, {
    host: '127.0.0.1', localAddress: from, ca: edge.authority, ...tls,
  });
  session.on('error', () => {});  // each call on it fails and says so
  return session;
}

// {status, message, details, bytes, http}: the status as a number, -1 when the stream broke without one.
export function call(session, path, request, headers = {}) {
  return new Promise((resolve) => {
    const answer = { status: -1, message: '', details: undefined, bytes: Buffer.alloc(0), http: 0 };
    const take = (found) => {
      if (found[':status']) answer.http = found[':status'];
      if (found['grpc-status'] === undefined) return;
      answer.status = Number(found['grpc-status']);
      answer.message = decodeURIComponent(found['grpc-message'] ?? '');
      answer.details = found['grpc-status-details-bin'];
    };
    if (session.closed || session.destroyed) return resolve(answer);
    const stream = session.request({
      ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers,
    });
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('data', (piece) => { answer.bytes = Buffer.concat([answer.bytes, piece]); });
    stream.on('error', (error) => { if (answer.message === '') answer.message = error.message; });
    stream.on('close', () => resolve(answer));
    stream.end(framed(request));
  });
}

// A message behind its five bytes: not compressed, and how long.
export function framed(message) {
  const length = Buffer.alloc(5);
  length.writeUInt32BE(message.length, 1);
  return Buffer.concat([length, message]);
}

// A message with one text field.
export function textField(number, text) {
  const bytes = Buffer.from(text);
  const length = [];
  for (let rest = bytes.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}
