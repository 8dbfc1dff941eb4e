package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
)

// report prints the counts and reports whether enough bugs are caught.
func (f *field) report() bool {
	slices.SortFunc(f.counts, func(a, b count) int { return cmp.Compare(a.name, b.name) })
	var sum count
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "package\tplaces\tplanted\tcaught\tsurvived\tequivalent")
	for _, c := range f.counts {
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\t%d\n", c.name, c.places, c.planted, c.caught, c.survived, c.equivalent)
		sum.places += c.places
		sum.planted += c.planted
		sum.caught += c.caught
		sum.survived += c.survived
		sum.equivalent += c.equivalent
		sum.broken += c.broken
		sum.bad += c.bad
	}
	out.Flush()
	fmt.Printf("%d bugs planted, %d caught (%.1f %%), %d survived; %d equivalent and %d that do not compile are not counted; operators have %d places\n",
		sum.planted, sum.caught, 100*float64(sum.caught)/float64(max(sum.planted, 1)), sum.survived, sum.equivalent, sum.broken, sum.places)
	if sum.bad > 0 {
		fmt.Printf("%d bugs of the lists are to be corrected\n", sum.bad)
	}
	return sum.bad == 0 && float64(sum.caught) >= required*float64(sum.planted)
}
