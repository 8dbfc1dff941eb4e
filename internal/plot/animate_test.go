package plot

import (
	"bytes"
	"iter"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// framesOf plays steps from t = 1 to 0, through one matrix that it reuses.
func framesOf(steps []*mat.Dense) iter.Seq[Frame] {
	return func(yield func(Frame) bool) {
		var shared mat.Dense
		for i, s := range steps {
			shared.Reset()
			shared.CloneFrom(s)
			if !yield(Frame{X: &shared, T: 1 - float64(i)/float64(max(1, len(steps)-1)), Step: i}) {
				return
			}
		}
	}
}

func TestAnimation(t *testing.T) {
	eight := ring(8, 2, .3)
	for _, c := range []struct{ steps, frames int }{{1, 1}, {7, 7}, {60, 60}, {101, 60}, {1000, 60}} {
		all := between(gaussianRows(50), eight.Sample(50, random(1)), max(c.steps, 2))[:c.steps]
		file, err := Animate(framesOf(all), Animation{Title: "a", Truth: eight, Box: square(4)})
		if err != nil {
			t.Fatal(err)
		}
		movie, seen := screens(t, file)
		if len(movie.Image) != c.frames || c.frames > 1 && movie.LoopCount != 0 {
			t.Errorf("%d steps: %d frames, loop count %d", c.steps, len(movie.Image), movie.LoopCount)
		}
		for i, delay := range movie.Delay {
			want := frameDelay
			if i == len(movie.Delay)-1 {
				want = holdDelay
			}
			if delay != want {
				t.Errorf("frame %d waits %d, want %d", i, delay, want)
			}
		}
		for i, frame := range movie.Image {
			if len(frame.Palette) > 32 {
				t.Errorf("frame %d has %d colours", i, len(frame.Palette))
			}
			// What does not move does not flicker: the title and the axes.
			size := seen[0].Bounds()
			for _, part := range [][2]int{{0, 25}, {size.Dy() - 40, size.Dy()}} {
				a, b := seen[0].Pix[part[0]*seen[0].Stride:part[1]*seen[0].Stride], seen[i].Pix[part[0]*seen[0].Stride:part[1]*seen[0].Stride]
				if !bytes.Equal(a, b) {
					t.Fatalf("frame %d differs from the first in rows %v", i, part)
				}
			}
		}
	}
}

// The last frame shows the last points, and nothing of those before.
func TestAnimationShowsTheLastFrame(t *testing.T) {
	var steps []*mat.Dense
	for i := range 5 {
		steps = append(steps, mat.NewDense(2, 2, []float64{float64(i) - 2, 0, math.NaN(), 1}))
	}
	file, err := Animate(framesOf(steps), Animation{Box: square(4)})
	if err != nil {
		t.Fatal(err)
	}
	_, seen := screens(t, file)
	last := seen[len(seen)-1]
	top := 40 // below the time and its blue bar
	columns := map[int]bool{}
	for y := top; y < last.Bounds().Dy(); y++ {
		for x := range last.Bounds().Dx() {
			if c := last.RGBAAt(x, y); float64(c.B) > float64(c.R)+40 {
				columns[x] = true
			}
		}
	}
	if len(columns) < 2 || len(columns) > 6 {
		t.Errorf("points in %d columns of pixels, want one point", len(columns))
	}
}

func TestAnimationOfNothing(t *testing.T) {
	if _, err := Animate(slices.Values([]Frame(nil)), Animation{Box: square(1)}); err == nil {
		t.Error("no error")
	}
}

// An animation of the usual size is below 1.5 MB.
func TestAnimationIsSmall(t *testing.T) {
	eight := ring(8, 2, .3)
	file, err := Animate(framesOf(between(gaussianRows(3000), eight.Sample(3000, random(1)), 60)), Animation{Title: "a", Truth: eight, Box: square(3.5)})
	if err != nil || len(file) > 1500*1000 {
		t.Errorf("%d bytes, %v", len(file), err)
	}
}

func BenchmarkAnimate(b *testing.B) {
	eight := ring(8, 2, .3)
	steps := between(gaussianRows(3000), eight.Sample(3000, random(1)), 60)
	for b.Loop() {
		Animate(framesOf(steps), Animation{Title: "a", Truth: eight, Box: square(3.5)})
	}
}

func BenchmarkPoints(b *testing.B) {
	eight := ring(8, 2, .3)
	x := eight.Sample(10000, random(1))
	for b.Loop() {
		Points("a", x, eight, square(3.5))
	}
}

func TestThinnedKeepsTheEnds(t *testing.T) {
	for _, n := range []int{1, 59, 60, 61, 119, 5000} {
		var all []moment
		for i := range n {
			all = append(all, moment{step: i})
		}
		kept := thinned(all, maxFrames)
		if len(kept) != min(n, maxFrames) || kept[0].step != 0 || kept[len(kept)-1].step != n-1 {
			t.Errorf("of %d: %d, from %d to %d", n, len(kept), kept[0].step, kept[len(kept)-1].step)
		}
		for i := 1; i < len(kept); i++ {
			if gap := kept[i].step - kept[i-1].step; gap < 1 || gap > n/59+1 {
				t.Errorf("of %d: a gap of %d", n, gap)
			}
		}
	}
}
