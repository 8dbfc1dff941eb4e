"""Checks ONNX graphs and compares them with what genlab computes: a JSON list of calls on standard input."""

import json
import sys

import numpy as np
import onnx
import onnxruntime

failed = False
print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
for call in json.load(sys.stdin):
    model = onnx.load(call["graph"])
    onnx.checker.check_model(model, full_check=True)
    random = [node.op_type for node in model.graph.node if node.op_type.startswith("Random") or node.op_type in ("Multinomial", "Bernoulli")]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(call["graph"], options, providers=["CPUExecutionProvider"])
    if call["want"] is None:
        print(call["graph"].split("/")[-1], "loads")
        continue
    types = {"tensor(double)": np.float64, "tensor(int64)": np.int64}
    feed = {i.name: np.array(call["inputs"][i.name], types[i.type]) for i in session.get_inputs()}
    out, want = session.run(None, feed)[0], np.array(call["want"])
    assert out.shape == want.shape, (call["graph"], out.shape, want.shape)
    off = np.abs(out - want) / np.maximum(1, np.abs(want))
    worst, median = np.max(off), np.median(off)
    print(call["graph"].split("/")[-1], f"{worst:.1e}, median {median:.1e}")
    if not worst <= call["most"] or not median <= 1e-5 or random:
        print("  FAILED: want at most", call["most"], "and no random node", random)
        failed = True
sys.exit(failed)
