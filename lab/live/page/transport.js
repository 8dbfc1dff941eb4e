// How the page speaks to the program: over HTTP, or to a worker that runs the same code compiled to WebAssembly.

/** A refusal: what was wrong, and the settings that are at fault. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} text
   * @param {import('./types.js').Fault[]} [fields]
   */
  constructor(status, text, fields = []) {
    super(text);
    this.status = status;
    this.fields = fields;
  }
}

/**
 * @typedef {object} Transport
 * @property {(method: string, path: string, body?: object) => Promise<any>} ask JSON, or a [Refusal]
 * @property {(path: string) => Promise<Blob>} bytes
 * @property {(path: string, heard: (event: string, data: any) => void, lost: (gone: boolean) => void) => () => void} listen
 *   events until the returned function is called; lost tells an interruption, gone that no retry will help
 */

/** @returns {Transport} the one that the page was made for */
export function connect() {
  const meta = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name=genlab-backend]'));
  return meta?.content === 'worker' ? overWorker(new Worker('worker.js')) : overHTTP();
}

/** Names of the events of a stage. */
const events = ['stage', 'frame', 'figures', 'history'];

/** @returns {Transport} */
function overHTTP() {
  const send = async (/** @type {string} */ method, /** @type {string} */ path, /** @type {object | undefined} */ body) => {
    /** @type {RequestInit} */
    const init = {method};
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = {'Content-Type': 'application/json'};
    }
    let answer;
    try {
      answer = await fetch(path, init);
    } catch {
      throw new Refusal(0, 'genlab live does not answer. Is it still running? Start it again and reload this page.');
    }
    if (answer.status >= 400) {
      const why = await answer.json().catch(() => ({error: answer.statusText}));
      throw new Refusal(answer.status, why.error, why.fields);
    }
    return answer;
  };
  return {
    ask: async (method, path, body) => {
      const answer = await send(method, path, body);
      return answer.status === 204 ? null : answer.json();
    },
    bytes: async (path) => (await send('GET', path, undefined)).blob(),
    listen: (path, heard, lost) => {
      const source = new EventSource(path);
      for (const event of events) {
        source.addEventListener(event, (e) => heard(event, JSON.parse(/** @type {MessageEvent} */ (e).data)));
      }
      source.onerror = () => lost(source.readyState === EventSource.CLOSED);
      return () => source.close();
    },
  };
}

/**
 * @param {Worker} worker
 * @returns {Transport}
 */
function overWorker(worker) {
  let last = 0;
  /** @type {Map<number, (message: any) => void>} */
  const waiting = new Map();
  /** @type {Promise<void>} */
  const ready = new Promise((done, fail) => {
    worker.onerror = (e) => fail(new Refusal(0, `the worker does not start: ${e.message}`));
    worker.onmessage = ({data}) => {
      if (data.ready) done();
      else if (data.failed) fail(new Refusal(0, data.failed));
      else waiting.get(data.id)?.(data);
    };
  });
  const send = async (/** @type {string} */ method, /** @type {string} */ path, /** @type {object | undefined} */ body) => {
    await ready;
    const id = ++last;
    const answer = await new Promise((done) => {
      waiting.set(id, done);
      worker.postMessage({id, method, path, body});
    });
    waiting.delete(id);
    if (answer.status >= 400) throw new Refusal(answer.status, answer.body?.error ?? 'refused', answer.body?.fields);
    return answer;
  };
  return {
    ask: async (method, path, body) => (await send(method, path, body)).body,
    bytes: async (path) => {
      const answer = await send('GET', path, undefined);
      return new Blob([answer.body], {type: answer.type});
    },
    listen: (path, heard, lost) => {
      const id = ++last;
      waiting.set(id, (message) => {
        if (message.event) heard(message.event, message.data);
        else if (message.status >= 400) lost(true);
      });
      ready.then(() => worker.postMessage({id, method: 'GET', path}));
      return () => {
        waiting.delete(id);
        worker.postMessage({cancel: id});
      };
    },
  };
}
