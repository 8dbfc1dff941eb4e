package main

import (
	"encoding/json"
	"os"
	"strconv"

	"genlab/experiments/peer"
)

// answer is what peer.py computes of a metric.
type answer struct {
	Values  []float64 `json:"values"`
	Seconds float64   `json:"seconds"`
}

// startPeer runs the script on the samples of a folder.
func startPeer(python, script, folder string, threads int) (*peer.Process, error) {
	return peer.Start(os.Stderr, python, script, folder, strconv.Itoa(threads))
}

// compute returns the values of a metric and the time of the call.
func compute(p *peer.Process, metric string) (a answer, err error) {
	text, err := p.Ask(metric)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(text), &a)
}
