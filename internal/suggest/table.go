package suggest

// Table lists the implementations that a setting selects by name, in the order of help and error messages.
type Table[N ~string, V any] []Entry[N, V]

// Entry is a line of a [Table].
type Entry[N ~string, V any] struct {
	Name  N
	Value V
}

// Choices lists the names.
func (t Table[N, V]) Choices() []string {
	names := make([]string, len(t))
	for i, e := range t {
		names[i] = string(e.Name)
	}
	return names
}

// Lookup returns the value of a name, or the *[Error] of [Name] for a kind of things.
func (t Table[N, V]) Lookup(kind string, name N) (V, error) {
	for _, e := range t {
		if e.Name == name {
			return e.Value, nil
		}
	}
	var none V
	return none, Name(kind, string(name), t.Choices())
}
