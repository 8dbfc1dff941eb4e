// Package stage trains several models side by side on the same points and lets any number of clients watch.
//
//	s := stage.NewStages(stage.Options{Out: "runs"})
//	defer s.Close()
//	reply := s.Handle("POST", "api/stages", nil, []byte(`{"data": {"name": "moons"}, "seed": 1, "models": [{"model": "flow"}]}`))
//	listener, err := s.Listen(id)
//
// The models train through the same packages as genlab train: the registered job, its task and [train.Run]. A panel
// is one training. As many panels as there are processors train at a time, each for a turn of some milliseconds.
// Pictures are made from copies of the weights by one goroutine for each stage, which works a bounded share of the time;
// listeners keep only the newest message of each kind. So neither a picture nor a client that is slow or gone holds
// up a training. The protocol is that of PROTOCOL.md in the folder above; [Stages.Handle] answers it without a network, so
// that a browser's worker can serve it as well.
//
// The numbers are determined by the settings: the same settings give the same weights as genlab train at the same step,
// whatever is shown meanwhile.
//
// Not guaranteed: which steps are shown, and that a stage survives a restart of the program.
package stage
