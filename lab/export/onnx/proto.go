package onnx

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The versions of the format. Opset 17 is the first with LayerNormalization.
const (
	irVersion = 8
	opset     = 17
)

// Element types, from TensorProto.DataType of onnx.proto.
const (
	Float32 = 1
	Int64   = 7
	Bool    = 9
	Float64 = 11
)

// Numbers of the fields, from onnx.proto.
const (
	modelIR, modelProducer, modelDoc, modelGraph, modelOpset, modelMetadata    = 1, 2, 6, 7, 8, 14
	graphNode, graphName, graphInitializer, graphDoc, graphInput, graphOutput  = 1, 2, 5, 10, 11, 12
	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttribute                     = 1, 2, 3, 4, 5
	attributeName, attributeFloat, attributeInt, attributeGraph, attributeInts = 1, 2, 3, 6, 8
	attributeType                                                              = 20
	typeFloat, typeInt, typeGraph, typeInts                                    = 1, 2, 5, 7
	tensorDims, tensorType, tensorName, tensorRaw                              = 1, 2, 8, 9
	valueName, valueType, valueDoc, typeTensor, elemType, elemShape, shapeDim  = 1, 2, 3, 1, 1, 2, 1
	dimValue, dimParam, opsetDomain, opsetVersion, propertyKey, propertyValue  = 1, 2, 1, 2, 1, 2
)

func appendBytes(b []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), value)
}

func appendText(b []byte, number protowire.Number, text string) []byte {
	return appendBytes(b, number, []byte(text))
}

func appendInt(b []byte, number protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v))
}

// attribute is an attribute of a node: an int, a float32, a list of ints or a graph.
type attribute struct {
	name  string
	value any
}

func (a attribute) marshal() []byte {
	b := appendText(nil, attributeName, a.name)
	switch v := a.value.(type) {
	case int:
		return appendInt(appendInt(b, attributeInt, v), attributeType, typeInt)
	case float32:
		b = protowire.AppendTag(b, attributeFloat, protowire.Fixed32Type)
		return appendInt(protowire.AppendFixed32(b, math.Float32bits(v)), attributeType, typeFloat)
	case []int:
		for _, i := range v {
			b = appendInt(b, attributeInts, i)
		}
		return appendInt(b, attributeType, typeInts)
	case *graph:
		return appendInt(appendBytes(b, attributeGraph, v.marshal()), attributeType, typeGraph)
	}
	panic("onnx: attribute " + a.name + " of an unknown type")
}

// tensor returns a constant: data is []float32, []float64 or []int64.
func tensor(name string, shape []int, data any) []byte {
	var b []byte
	for _, n := range shape {
		b = appendInt(b, tensorDims, n)
	}
	var raw []byte
	var kind int
	switch v := data.(type) {
	case []float32:
		kind = Float32
		for _, x := range v {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
		}
	case []float64:
		kind = Float64
		for _, x := range v {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(x))
		}
	case []int64:
		kind = Int64
		for _, x := range v {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(x))
		}
	}
	return appendBytes(appendText(appendInt(b, tensorType, kind), tensorName, name), tensorRaw, raw)
}

// Value is an input or output of a graph. A dimension is a number, or a name for any.
type Value struct {
	Name  string
	Type  int // [Float32], [Float64] or [Int64]
	Shape []any
	Doc   string
}

func (v Value) marshal() []byte {
	var shape []byte
	for _, d := range v.Shape {
		var dim []byte
		if n, ok := d.(int); ok {
			dim = appendInt(nil, dimValue, n)
		} else {
			dim = appendText(nil, dimParam, d.(string))
		}
		shape = appendBytes(shape, shapeDim, dim)
	}
	kind := appendBytes(appendInt(nil, elemType, v.Type), elemShape, shape)
	b := appendBytes(appendText(nil, valueName, v.Name), valueType, appendBytes(nil, typeTensor, kind))
	return appendText(b, valueDoc, v.Doc)
}
