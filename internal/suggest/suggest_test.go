package suggest

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"8gaussians", "25gaussians", "moons", "circles", "rings"}
	for _, c := range []struct{ name, want string }{
		{"8gausians", "8gaussians"},
		{"moosn", "moons"},
		{"MOONS", "moons"},
		{"ring", "rings"},
		{"zebra", ""},
		{"", ""},
	} {
		if got := Nearest(c.name, known); got != c.want {
			t.Errorf("Nearest(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNameSaysWhatThereIs(t *testing.T) {
	if err := Name("dataset", "moons", []string{"moons"}); err != nil {
		t.Fatalf("a known name: %v", err)
	}
	for _, c := range []struct{ kind, name, want string }{
		{"dataset", "mons", `unknown dataset "mons": did you mean "moons"? Valid datasets: moons, rings`},
		{"model", "x", `unknown model "x". Valid models: moons, rings`},
		{"key", "zebra", `unknown key "zebra". Valid keys: moons, rings`},
		{"equality", "zebra", `unknown equality "zebra". Valid equalities: moons, rings`},
		{"loss of the critic", "zebra", `unknown loss of the critic "zebra". Valid losses of the critic: moons, rings`},
	} {
		if err := Name(c.kind, c.name, []string{"moons", "rings"}); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

type fruit string

func (fruit) Choices() []string { return []string{"apple", "pear"} }

func TestSetAChoice(t *testing.T) {
	f := fruit("apple")
	if err := Set("fruit", &f, []byte("paer")); err == nil || f != "apple" {
		t.Errorf("%q after an unknown name: %v", f, err)
	}
	if err := Set("fruit", &f, []byte("pear")); err != nil || f != "pear" {
		t.Errorf("%q after a known one: %v", f, err)
	}
}

func TestTable(t *testing.T) {
	table := Table[fruit, int]{{"apple", 3}, {"pear", 5}}
	if got := table.Choices(); len(got) != 2 || got[0] != "apple" || got[1] != "pear" {
		t.Errorf("choices %q", got)
	}
	if v, err := table.Lookup("fruit", "pear"); err != nil || v != 5 {
		t.Errorf("pear is %d, %v", v, err)
	}
	const want = `unknown fruit "paer": did you mean "pear"? Valid fruits: apple, pear`
	if v, err := table.Lookup("fruit", "paer"); err == nil || err.Error() != want || v != 0 {
		t.Errorf("paer is %d, %v; want %s", v, err, want)
	}
}
