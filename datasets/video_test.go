package datasets

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

func mean(v []float64) float64 { return stat.Mean(v, nil) }

// TestExactVideosAreFaultless: the simulator keeps its own physics, but for the floor of the speed.
func TestExactVideosAreFaultless(t *testing.T) {
	x := Bounce{}.Sample(20_000, rand.New(rand.NewPCG(1, 1)))
	f := Bounce{}.Measure(x)
	for name, v := range map[string][]float64{"outside": f.Outside, "far outside": f.FarOutside, "faults": f.Faults} {
		if worst := slices.Max(v); worst != 0 {
			t.Errorf("%s: %v", name, worst)
		}
	}
	if e := mean(f.SpeedError); e < 0.028 || e > 0.034 {
		t.Errorf("the floor of the speed error is %v", e)
	}
}

// video is one of Bounce's: the first point as given, the second at rest in the middle of nowhere but
// for a step that no wall meets.
func video(place, velocity [2]float64) *mat.Dense {
	x := mat.NewDense(1, Bounce{}.Dim(), nil)
	Bounce{}.Render(x.RawRowView(0), [BounceWidth]float64{place[0], place[1], -0.75, -0.75}, [BounceWidth]float64{velocity[0], velocity[1], 0.1, 0.1})
	return x
}

// TestReflectionsAreCounted: as many as the line is folded, wherever in a step that is.
func TestReflectionsAreCounted(t *testing.T) {
	for _, c := range []struct {
		place, velocity [2]float64
		want            float64
	}{
		{[2]float64{-0.9, 0}, [2]float64{0.1, 0}, 0},     // to 0.6
		{[2]float64{0, 0}, [2]float64{0.11, 0}, 1},       // to 1.65
		{[2]float64{0, 0}, [2]float64{0.23, 0}, 2},       // to 3.45
		{[2]float64{0, 0}, [2]float64{0.23, -0.11}, 3},   // both
		{[2]float64{0.001, 0}, [2]float64{0.11, 0.1}, 2}, // x nearly on a frame
	} {
		f := Bounce{}.Measure(video(c.place, c.velocity))
		if f.Reflections[0] != c.want || f.Faults[0] != 0 {
			t.Errorf("from %v by %v: %v reflections and %v faults, want %v and 0", c.place, c.velocity, f.Reflections[0], f.Faults[0], c.want)
		}
	}
	if e := (Bounce{}).Measure(video([2]float64{-0.9, 0}, [2]float64{0.1, 0})).SpeedError[0]; e > 1e-12 {
		t.Errorf("without a wall the speed error is %v", e)
	}
}

// TestPlantedFaultsAreFound: each measure sees what it is for.
func TestPlantedFaultsAreFound(t *testing.T) {
	set := func(x *mat.Dense, f func(t int) float64) *mat.Dense {
		for t := range BounceFrames {
			x.Set(0, t*BounceWidth, f(t))
		}
		return x
	}
	base := func() *mat.Dense { return video([2]float64{-0.7, 0}, [2]float64{0.1, 0}) }
	through := Bounce{}.Measure(set(base(), func(t int) float64 { return 0.2 + 0.1*float64(t) }))
	if want := 7. / 64; !(math.Abs(through.Outside[0]-want) <= 1e-12) || !(math.Abs(through.FarOutside[0]-want) <= 1e-12) || through.Faults[0] == 0 {
		t.Errorf("through the wall: %+v", through)
	}
	for at, faults := range map[float64]float64{0.3: 1, 0.9: 1, 0.96: 0} { // half a step is 0.05
		turned := Bounce{}.Measure(set(base(), func(t int) float64 { return at - 0.1*math.Abs(float64(t-5)) }))
		if turned.Reflections[0] != 1 || turned.Faults[0] != faults || turned.Outside[0] != 0 {
			t.Errorf("turned at %v: %+v, want %v faults", at, turned, faults)
		}
	}
	stuck := Bounce{}.Measure(set(base(), func(t int) float64 { return min(0.999, 0.1*float64(t)) }))
	if stuck.SpeedError[0] < 0.1 {
		t.Errorf("stuck to the wall: %+v", stuck)
	}
	still := mat.NewDense(1, Bounce{}.Dim(), nil)
	if e := (Bounce{}).Measure(still).SpeedError[0]; e != 1 {
		t.Errorf("at rest the speed error is %v", e)
	}
	lost := set(base(), func(int) float64 { return math.NaN() })
	if f := (Bounce{}).Measure(lost); f.Outside[0] != 0.25 {
		t.Errorf("nowhere: %+v", f)
	}
}

// TestSpeedErrorGrowsWithTheNoise: on top of the floor, and in proportion once it is above.
func TestSpeedErrorGrowsWithTheNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	x := Bounce{}.Sample(2000, rng)
	last := mean(Bounce{}.Measure(x).SpeedError)
	for _, noise := range []float64{0.003, 0.01, 0.03} {
		y := mat.DenseCopyOf(x)
		for i := range y.RawMatrix().Data {
			y.RawMatrix().Data[i] += noise * rng.NormFloat64()
		}
		f := Bounce{}.Measure(y)
		if e := mean(f.SpeedError); e < 1.2*last {
			t.Errorf("with a noise of %v the speed error is %v, and was %v", noise, e, last)
		} else {
			last = e
		}
	}
}

// TestShuffledFramesAreTheSameFrames: and by every measure of steps much worse ones.
func TestShuffledFramesAreTheSameFrames(t *testing.T) {
	x := Bounce{}.Sample(500, rand.New(rand.NewPCG(3, 3)))
	y := Bounce{}.ShuffleFrames(x, rand.New(rand.NewPCG(4, 4)))
	for i := range 500 {
		a, b := slices.Clone(x.RawRowView(i)), slices.Clone(y.RawRowView(i))
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Fatalf("video %d has other frames", i)
		}
	}
	f, g := Bounce{}.Measure(x), Bounce{}.Measure(y)
	if mean(g.SpeedError) < 10*mean(f.SpeedError) || mean(g.Reflections) < 5*mean(f.Reflections) || mean(g.Faults) < 10 || mean(g.Outside) != 0 {
		t.Errorf("shuffled: speed error %v of %v, %v reflections of %v, %v faults", mean(g.SpeedError), mean(f.SpeedError), mean(g.Reflections), mean(f.Reflections), mean(g.Faults))
	}
}
