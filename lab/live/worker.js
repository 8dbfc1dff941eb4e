// The worker of the page that genlab live --static writes: it runs the library, compiled to WebAssembly, and passes it the
// page's messages. See PROTOCOL.md, "The worker".
"use strict";

importScripts("wasm_exec.js");

const began = performance.now();

/** Messages that came before the library was ready. @type {unknown[]} */
let early = [];
self.onmessage = (event) => early.push(event.data);

async function begin() {
  const [start, response] = await Promise.all([
    fetch("start.json").then((r) => r.text()),
    fetch("genlab.wasm.gz"),
  ]);
  if (!response.ok || !response.body) throw new Error(`genlab.wasm.gz: ${response.status} ${response.statusText}`);
  // A host may send the file with Content-Encoding: gzip; then the browser has unpacked it, and it begins like any module.
  const packed = new Uint8Array(await response.arrayBuffer());
  const plain = packed[0] === 0 ? packed
    : new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(plain, go.importObject);
  // The library calls genlabReady once it listens; genlabHandle is the function that it gives.
  self.genlabStart = start;
  self.genlabReady = (/** @type {(message: string) => void} */ handle) => {
    self.onmessage = (event) => handle(JSON.stringify(event.data));
    for (const message of early) handle(JSON.stringify(message));
    early = [];
    self.postMessage({ ready: true, seconds: (performance.now() - began) / 1000 });
  };
  self.genlabSend = (/** @type {string} */ text, /** @type {Uint8Array | undefined} */ bytes) => {
    const message = JSON.parse(text);
    if (bytes) message.body = bytes;
    self.postMessage(message);
  };
  await go.run(instance);
  throw new Error("the library has ended");
}

begin().catch((error) => self.postMessage({ failed: String(error && error.message || error) }));
