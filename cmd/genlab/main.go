// Command genlab trains, samples and measures small generative models on the plane.
package main

import "genlab/cmd/internal/cli"

func main() { cli.Main() }
