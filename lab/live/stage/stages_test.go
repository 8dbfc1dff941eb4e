package stage_test

import (
	"testing"

	"genlab/lab/live/stage"
)

// TestRoomForAStage: stages that nobody listens to make room for new ones, the one left for the longest first, however fast
// they are made.
func TestRoomForAStage(t *testing.T) {
	s, first := opened(t, stage.Options{}, small("flow"))
	var last described
	for range stage.MaxStages + 3 {
		call(t, s, 201, "POST", "api/stages", small("flow"), &last)
	}
	call(t, s, 200, "GET", "api/stages/"+last.ID, nil, new(described))
	call(t, s, 404, "GET", "api/stages/"+first.ID, nil, nil)
}
