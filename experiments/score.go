package experiments

import (
	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/metrics"
	"genlab/train"
)

// Score measures samples (n x the data's coordinates) as the plane sees them against fresh samples of
// the truth of the same number, as genlab eval does: the rows of metrics.Evaluate by their names,
// with the oracle in each.
func Score(x *mat.Dense, ds *datasets.Dataset, seed uint64) map[string]metrics.Row {
	n, _ := x.Dims()
	truth, plane := train.NewStream(seed, "evaluation").Rand, ds.Plane()
	rows := map[string]metrics.Row{}
	for _, r := range metrics.Evaluate(ds.Project(x), ds.Project(ds.Law.Sample(n, truth)), ds.Project(ds.Law.Sample(n, truth)),
		metrics.Described{Modes: plane.Modes, Weights: plane.ModeWeights(), Ceiling: plane.HighQuality}) {
		rows[r.Name] = r
	}
	return rows
}

// Quality are the metrics of samples that experiments report, in the order of a table.
var Quality = []string{"energy_distance", "high_quality", "mode_tv"}
