import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from vision import graph, models
from vision.detect import Detector
from vision.embed import Embedder
from vision.errors import ModelUnfit


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    for pinned in models.manifest().values():
        shutil.copy(models.models_dir() / pinned.file, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", list(models.manifest()))
def test_se09_one_flipped_byte_refuses_to_start(copies: Path, name: str) -> None:
    path = copies / models.manifest()[name].file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelUnfit, match=rf"model {name}: .*sha256.*make models"):
        models.check_all(copies)


def test_se09_a_missing_or_cut_model_refuses_to_start(copies: Path) -> None:
    path = copies / models.manifest()["embedder"].file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelUnfit, match=r"embedder: .* has 10667851 bytes, expected 10667852"):
        Embedder(folder=copies)
    path.unlink()
    with pytest.raises(ModelUnfit, match=r"embedder: cannot read .*make models"):
        models.check_all(copies)


@pytest.mark.parametrize("name", ["detector", "embedder"])
def test_folded_weights_are_those_the_standard_computes(name: str) -> None:
    content = models.read(name)
    original = onnx.load_from_string(content).graph
    held = {weight.name: weight for weight in original.initializer}
    fitted = {w.name: numpy_helper.to_array(w) for w in onnx.load_from_string(graph.fit(content)).graph.initializer}
    folded = [n for n in original.node if n.op_type == "DequantizeLinear" and len(held[n.input[1]].dims) > 0]
    assert folded
    for node in folded:
        inputs = [helper.make_tensor_value_info(i, held[i].data_type, held[i].dims) for i in node.input]
        output = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None)
        model = helper.make_model(
            helper.make_graph([node], "one", inputs, [output]), opset_imports=[helper.make_opsetid("", 21)]
        )
        (expected,) = ReferenceEvaluator(model).run(None, {i: numpy_helper.to_array(held[i]) for i in node.input})
        assert np.allclose(fitted[node.output[0]], expected, atol=1e-7), node.name
    assert models.read(name) == content, "the file stays as it was verified"


def test_prelu_spelt_out_computes_prelu() -> None:
    slope = np.array([[[0.25]], [[-0.5]], [[1.2]]], np.float32)
    shape = ["n", 3, 2, 2]
    node = helper.make_node("PRelu", ["x", "slope"], ["y"])
    x_info, y_info = (helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in "xy")
    made = helper.make_graph([node], "one", [x_info], [y_info], [numpy_helper.from_array(slope, "slope")])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    fitted = graph.fit(model.SerializeToString())
    assert [n.op_type for n in onnx.load_from_string(fitted).graph.node] == ["Relu", "Mul", "Mul", "Add"]
    x = np.random.default_rng(4).normal(size=(1, 3, 2, 2)).astype(np.float32)
    session = onnxruntime.InferenceSession(fitted, providers=["CPUExecutionProvider"])
    assert np.allclose(session.run(None, {"x": x})[0], np.where(x > 0, x, slope * x), atol=1e-6)


def test_a_frame_of_the_wrong_kind_is_a_bug_not_an_empty_lane() -> None:
    with pytest.raises(ValueError, match="frame must be"):
        Detector().find(np.zeros((4, 4), np.uint8))
