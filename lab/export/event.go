package export

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// event is a record of TensorBoard's event files: the fields of tensorflow.Event that are used here.
type event struct {
	time    float64 // Unix seconds
	step    int64
	version string   // of the file, in its first event
	values  []scalar // of a summary
	image   *picture
	session bool // a session starts: the points from the step on are discarded
}

// scalar is a point of a curve.
type scalar struct {
	tag   string
	value float32
}

// picture is a picture in PNG.
type picture struct {
	tag           string
	width, height int
	png           []byte
}

// fileVersion is the content of the first event. From version 2 on, TensorBoard obeys session starts.
const fileVersion = "brain.Event:2"

// Numbers of the fields, from tensorflow/core/util/event.proto and framework/summary.proto.
const (
	eventTime, eventStep, eventVersion, eventSummary, eventSession = 1, 2, 3, 5, 7
	summaryValue                                                   = 1
	valueTag, valueSimple, valueImage                              = 1, 2, 4
	imageHeight, imageWidth, imageColours, imageBytes              = 1, 2, 3, 4
	sessionStatus, sessionStart                                    = 1, 1
)

// marshal returns the protocol buffer of the event.
func (e event) marshal() []byte {
	b := protowire.AppendTag(nil, eventTime, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(e.time))
	if e.step != 0 {
		b = protowire.AppendTag(b, eventStep, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(e.step))
	}
	if e.version != "" {
		b = appendBytes(b, eventVersion, []byte(e.version))
	}
	var summary []byte
	for _, s := range e.values {
		v := appendBytes(nil, valueTag, []byte(s.tag))
		v = protowire.AppendTag(v, valueSimple, protowire.Fixed32Type)
		v = protowire.AppendFixed32(v, math.Float32bits(s.value))
		summary = appendBytes(summary, summaryValue, v)
	}
	if i := e.image; i != nil {
		const rgba = 4
		var p []byte
		for _, f := range []struct{ number, value int }{{imageHeight, i.height}, {imageWidth, i.width}, {imageColours, rgba}} {
			p = protowire.AppendTag(p, protowire.Number(f.number), protowire.VarintType)
			p = protowire.AppendVarint(p, uint64(f.value))
		}
		p = appendBytes(p, imageBytes, i.png)
		v := appendBytes(nil, valueTag, []byte(i.tag))
		summary = appendBytes(summary, summaryValue, appendBytes(v, valueImage, p))
	}
	if summary != nil {
		b = appendBytes(b, eventSummary, summary)
	}
	if e.session {
		s := protowire.AppendTag(nil, sessionStatus, protowire.VarintType)
		b = appendBytes(b, eventSession, protowire.AppendVarint(s, sessionStart))
	}
	return b
}

func appendBytes(b []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), value)
}

// errEvent is the error of a record that is no event.
var errEvent = errors.New("is no event file")

// fields calls each for the fields of a message with their numbers: value holds those of fixed width and integers, data the
// others. It fails for a message that is cut or has groups.
func fields(b []byte, each func(number protowire.Number, value uint64, data []byte) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errEvent
		}
		b = b[n:]
		var value uint64
		var data []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			value, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			value = uint64(v)
		case protowire.BytesType:
			data, n = protowire.ConsumeBytes(b)
		default:
			return errEvent
		}
		if n < 0 {
			return errEvent
		}
		b = b[n:]
		if err := each(number, value, data); err != nil {
			return err
		}
	}
	return nil
}

// unmarshal reads an event; pictures are read as their tag alone.
func unmarshal(b []byte) (e event, err error) {
	err = fields(b, func(number protowire.Number, value uint64, data []byte) error {
		switch number {
		case eventTime:
			e.time = math.Float64frombits(value)
		case eventStep:
			e.step = int64(value)
		case eventVersion:
			e.version = string(data)
		case eventSession:
			return fields(data, func(n protowire.Number, v uint64, _ []byte) error {
				e.session = e.session || n == sessionStatus && v == sessionStart
				return nil
			})
		case eventSummary:
			return fields(data, func(_ protowire.Number, _ uint64, data []byte) error {
				return e.readValue(data)
			})
		}
		return nil
	})
	return e, err
}

func (e *event) readValue(data []byte) error {
	var s scalar
	isImage := false
	err := fields(data, func(number protowire.Number, value uint64, data []byte) error {
		switch number {
		case valueTag:
			s.tag = string(data)
		case valueSimple:
			s.value = math.Float32frombits(uint32(value))
		case valueImage:
			isImage = true
		}
		return nil
	})
	if isImage {
		e.image = &picture{tag: s.tag}
	} else {
		e.values = append(e.values, s)
	}
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the CRC-32C of a record, rotated and shifted as in the TFRecord format.
func checksum(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// appendRecord appends an event as a record of the TFRecord format: length, checksum of the length, data, checksum of the
// data.
func appendRecord(b []byte, e event) []byte {
	data := e.marshal()
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = append(b, length...)
	b = binary.LittleEndian.AppendUint32(b, checksum(length))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, checksum(data))
}

// readRecords returns the events of a file and the length of the whole records; what follows is of a writer that was
// killed.
func readRecords(b []byte) (list []event, whole int, err error) {
	for rest := b; len(rest) >= 16; rest = b[whole:] {
		n := binary.LittleEndian.Uint64(rest)
		if checksum(rest[:8]) != binary.LittleEndian.Uint32(rest[8:]) {
			return nil, 0, errEvent
		}
		if uint64(len(rest)) < 16+n {
			return list, whole, nil
		}
		data := rest[12 : 12+n]
		if checksum(data) != binary.LittleEndian.Uint32(rest[12+n:]) {
			return nil, 0, errEvent
		}
		e, err := unmarshal(data)
		if err != nil {
			return nil, 0, err
		}
		list, whole = append(list, e), whole+16+int(n)
	}
	return list, whole, nil
}
