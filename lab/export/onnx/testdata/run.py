"""Checks ONNX graphs and compares every output with what genlab computes: a JSON list of calls on standard input.

A call is {graph, inputs, want, most}: values by the names of the graph's inputs and outputs, and the largest difference, relative to values
above 1.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime

TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}
RANDOM = ("Multinomial", "Bernoulli")


def opened(path):
    """A session of a graph that passes the checker and has no random node."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    random = [node.op_type for node in model.graph.node if node.op_type.startswith("Random") or node.op_type in RANDOM]
    assert not random, (path, random)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def differences(session, call):
    """The differences of each output, by name."""
    feed = {i.name: np.array(call["inputs"][i.name], TYPES[i.type]) for i in session.get_inputs()}
    outputs = dict(zip((o.name for o in session.get_outputs()), session.run(None, feed)))
    assert outputs.keys() == call["want"].keys(), (call["graph"], list(outputs), list(call["want"]))
    for name, out in outputs.items():
        want = np.array(call["want"][name], float)
        want[np.isnan(want)] = -np.inf  # null
        assert out.shape == want.shape, (call["graph"], name, out.shape, want.shape)
        same = out == want
        with np.errstate(invalid="ignore"):
            yield name, np.where(same, 0, np.abs(out - want) / np.maximum(1, np.abs(want)))


def main():
    failed = False
    print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
    for call in json.load(sys.stdin):
        session, most = opened(call["graph"]), call["most"] or 1e-5
        for name, off in differences(session, call):
            worst, median = np.max(off), np.median(off)
            print(call["graph"].split("/")[-1], name, f"{worst:.1e}, median {median:.1e}")
            if not worst <= most or not median <= 1e-5:
                print("  FAILED: want at most", most)
                failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
