package compare

// Claim is what theory says of the models, and what this comparison shows.
type Claim struct {
	Theory   string `json:"theory"`
	Verdict  string `json:"verdict"` // one of the constants below
	Evidence string `json:"evidence"`
}

// Verdicts.
const (
	Shown    = "shown"
	NotShown = "not shown"
	Open     = "not asked" // the comparison does not have what it takes
)

func claims(r *Result) []Claim { return nil }
