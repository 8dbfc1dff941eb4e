// Package config fills plain structs from YAML files, environment variables and flags, and
// writes them back, so that keys, variables, flags and documentation all come from one struct:
//
//	type Config struct {
//		LR     float64  `yaml:"lr" default:"0.001" range:"(0, inf)" help:"peak learning rate" group:"optimiser" main:""`
//		Hidden int      `yaml:"hidden" default:"128" range:"[1, 16384]" help:"width of each hidden layer"`
//		Waves  int      `yaml:"waves" default:"16" range:"[2, 64] even" help:"frequencies" aliases:"features"`
//		Time   Schedule `yaml:"schedule" default:"cosine" help:"noise schedule"` // lists its Choices
//		Common Options  `yaml:",inline" default:"steps=100" main:"steps seed"`   // its fields are listed with these
//		cache  []byte                                                            // unexported: no setting
//	}
//
// A field is a bool, a string, any int, uint or float, a time.Duration, a type of kind string that
// lists its Choices, or a type that reads and writes itself as text. Default fills a struct from the
// default tags; the default and main tags of an inlined struct override those within it. Check compares a struct with
// the ranges and choices. A field also accepts its aliases as keys; Marshal writes the key. SetAbsent fills in the
// absent tags: what saved settings mean that were written before the field existed. A struct that breaks these rules is a programming error and panics.
//
// # What is guaranteed
//
//   - A value has one grammar: [Set], [Env] and YAML accept the same text. Numbers are finite and
//     decimal, booleans are true or false, nothing is rounded or truncated. The exception is that
//     YAML does not accept a quoted number or boolean.
//   - After an error the struct is unchanged.
//   - Every error is an *[Error] that names the file, line and column, the variable or the key. It
//     wraps the error of a typed choice.
//   - [DecodeYAML] reads what Marshal writes to an equal struct, floats to the last bit. Equal structs
//     give equal bytes.
//
// # What is not guaranteed
//
//   - YAML is limited to "key: value" lines with comments, at most 64 KB: no lists, nested keys,
//     anchors, aliases, merge keys, tags, directives, block text, or second document.
//   - Only the first error of a file is reported.
//   - Reading does not check ranges (Check does), and no function checks rules between fields.
package config
