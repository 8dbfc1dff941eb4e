package plot

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// crossing returns a video of one point that crosses the box in some frames.
func crossing(frames int) []*mat.Dense {
	var video []*mat.Dense
	for i := range frames {
		video = append(video, mat.NewDense(1, 2, []float64{-0.8 + 1.6*float64(i)/float64(frames-1), 0}))
	}
	return video
}

// TestVideosLoop: forward and backward, so that the last picture is one step before the first; the
// points are where the videos say, and what does not move does not change.
func TestVideosLoop(t *testing.T) {
	video := crossing(5)
	file, err := Videos("a", square(1), VideoRow{"one", [][]*mat.Dense{video, video}}, VideoRow{"two", [][]*mat.Dense{video, video}})
	if err != nil {
		t.Fatal(err)
	}
	movie, seen := screens(t, file)
	if want := 2 * 4 * videoSubframes; len(movie.Image) != want || movie.LoopCount != 0 {
		t.Errorf("%d pictures, want %d; loop count %d", len(movie.Image), want, movie.LoopCount)
	}
	s := newScreen("a", square(1), []VideoRow{{"one", [][]*mat.Dense{video, video}}, {"two", [][]*mat.Dense{video, video}}})
	point := LabelColour(0)
	for i, picture := range seen {
		at := min(i, len(seen)-i) // of the way forth
		for _, row := range s.areas {
			for _, a := range row {
				px, py := a.at(-0.8+1.6*float64(at)/(4*videoSubframes), 0)
				r, g, b, _ := picture.At(int(px), int(py)).RGBA()
				for k, v := range [][2]uint32{{r, uint32(point.R)}, {g, uint32(point.G)}, {b, uint32(point.B)}} {
					if math.Abs(float64(v[0]>>8)-float64(v[1])) > 8 {
						t.Fatalf("picture %d: channel %d of the point is %d, want %d", i, k, v[0]>>8, v[1])
					}
				}
			}
		}
	}
}

// TestVideosRefuse: videos that do not fit, and none.
func TestVideosRefuse(t *testing.T) {
	if _, err := Videos("a", square(1)); err == nil {
		t.Error("no video is drawn")
	}
	for name, row := range map[string]VideoRow{
		"other lengths": {"", [][]*mat.Dense{crossing(3), crossing(4)}},
		"one frame":     {"", [][]*mat.Dense{crossing(2)[:1]}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s pass", name)
				}
			}()
			_, _ = Videos("a", square(1), row)
		}()
	}
	lost := crossing(3)
	lost[1].Set(0, 0, math.NaN())
	if _, err := Videos("a", square(1), VideoRow{"", [][]*mat.Dense{lost}}); err != nil {
		t.Errorf("a point that is nowhere: %v", err)
	}
}
