import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

const DATA = 0;
const ERROR = 1;
/** Each channel begins with the number of the port. */
const PORT_BYTES = 2;
/** Frames of this size are taken by every server on the way. */
const FRAME_MAX_BYTES = 32 * 1024;
const NORMAL_CLOSURE = 1000;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * The connection to a pod's port behind a WebSocket. It has what `node:http` asks of a socket (time-outs, idle and in
 * use), so that an agent can keep it and use it again. The protocol knows no half of a connection: `end()` ends both
 * directions once everything is sent.
 */
export class ForwardedConnection extends Duplex {
  readonly #webSocket: WebSocket;
  readonly #portBytesLeft: number[] = [PORT_BYTES, PORT_BYTES];
  #socket: Socket | null = null;
  #complaint = '';
  #timeoutMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #closing: NodeJS.Timeout | null = null;

  /** @param heartbeatMs so often the other side is asked for a sign of life; without one until the next time, it is dead */
  constructor(webSocket: WebSocket, heartbeatMs: number) {
    super({ allowHalfOpen: false });
    this.#webSocket = webSocket;
    webSocket.once('upgrade', ({ socket }) => {
      this.#socket = socket;
    });
    webSocket.once('open', () => this.#startHeartbeat(heartbeatMs));
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) this.#take(toBuffer(data));
    });
    webSocket.on('error', (error) => this.destroy(error));
    webSocket.once('close', (code) => {
      if (this.#complaint !== '') this.destroy(failure('ECONNREFUSED', this.#complaint));
      else if (code === NORMAL_CLOSURE || this.writableFinished) this.push(null);
      else this.destroy(failure('ECONNRESET', `The connection through the API server broke (code ${String(code)}).`));
    });
  }

  /** As of a socket: emits `timeout` after so long without a byte in either direction; 0 for never. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    this.#timeoutMs = milliseconds;
    if (callback) {
      if (milliseconds === 0) this.off('timeout', callback);
      else this.once('timeout', callback);
    }
    if (this.#timer) clearTimeout(this.#timer);
    // As a socket's own: it keeps no process alive.
    this.#timer = milliseconds === 0 ? null : setTimeout(() => this.emit('timeout'), milliseconds).unref();
    return this;
  }

  get timeout(): number {
    return this.#timeoutMs;
  }

  setKeepAlive(isOn?: boolean, initialDelayMs?: number): this {
    this.#socket?.setKeepAlive(isOn, initialDelayMs);
    return this;
  }

  setNoDelay(isOn?: boolean): this {
    this.#socket?.setNoDelay(isOn);
    return this;
  }

  ref(): this {
    this.#socket?.ref();
    return this;
  }

  unref(): this {
    this.#socket?.unref();
    return this;
  }

  override _read(): void {
    if (this.#webSocket.isPaused) this.#webSocket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#timer?.refresh();
    const send = (from: number): void => {
      const to = Math.min(chunk.length, from + FRAME_MAX_BYTES);
      const frame = Buffer.concat([Buffer.of(DATA), chunk.subarray(from, to)]);
      this.#webSocket.send(frame, (error) => {
        if (error) done(error);
        else if (to < chunk.length) send(to);
        else done();
      });
    };
    send(0);
  }

  override _final(done: () => void): void {
    this.#webSocket.close(NORMAL_CLOSURE);
    // Not every server on the way confirms the end.
    this.#closing = setTimeout(() => this.#webSocket.terminate(), CLOSE_TIMEOUT_MS);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    for (const timer of [this.#timer, this.#heartbeat, this.#closing]) if (timer) clearTimeout(timer);
    this.#webSocket.terminate();
    done(error);
  }

  #take(message: Buffer): void {
    const channel = message[0];
    if (channel !== DATA && channel !== ERROR) return;
    const skipped = Math.min(this.#portBytesLeft[channel] ?? 0, message.length - 1);
    this.#portBytesLeft[channel] = (this.#portBytesLeft[channel] ?? 0) - skipped;
    const bytes = message.subarray(1 + skipped);
    if (bytes.length === 0) return;
    if (channel === ERROR) {
      this.#complaint += bytes.toString('utf8');
      return;
    }
    this.#timer?.refresh();
    if (!this.push(bytes)) this.#webSocket.pause();
  }

  #startHeartbeat(heartbeatMs: number): void {
    let isAnswered = true;
    const answered = (): void => {
      isAnswered = true;
    };
    this.#webSocket.on('pong', answered).on('message', answered);
    this.#heartbeat = setInterval(() => {
      // Who reads slowly hears no answer, and is no reason to think that nobody is there.
      if (!isAnswered && !this.#webSocket.isPaused) {
        this.destroy(failure('ETIMEDOUT', 'The connection through the API server has gone silent.'));
        return;
      }
      isAnswered = false;
      this.#webSocket.ping();
    }, heartbeatMs).unref();
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
