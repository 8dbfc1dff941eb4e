package datasets

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestCards: docs/benchmarks.md has a card for each distribution, with the values of the code.
func TestCards(t *testing.T) {
	page, err := os.ReadFile("../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	cards := map[string]string{}
	for _, card := range strings.Split(string(page), "\n## ")[1:] {
		name, text, _ := strings.Cut(card, "\n")
		cards[name] = text
	}
	for _, d := range All() {
		values := fmt.Sprintf("\n| %.5f | %d | %.5f |\n", d.Entropy, d.Modes.Len(), d.HighQuality)
		if text, ok := cards[d.Name]; !ok || !strings.Contains(text, values) || !strings.Contains(text, "What goes wrong: ") {
			t.Errorf("docs/benchmarks.md has no card %s with %s", d.Name, values)
		}
		delete(cards, d.Name)
	}
	for name := range cards {
		t.Errorf("docs/benchmarks.md has a card of %s, which is no distribution", name)
	}
}
