package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/taxonomy"
	"genlab/lab/term"
	"genlab/lab/trainer"
)

// mapPlaceCmd classifies a model by answers to questions.
type mapPlaceCmd struct {
	Objective []string `placeholder:"ANSWER,..." help:"Training objective: next, change-of-variables, elbo, adversarial, denoise, distil."`
	Sampling  []string `placeholder:"ANSWER,..." help:"Sampling procedure: sequential, one-step, inverse, iterative, few-step, latent."`
	Tradeoffs []string `placeholder:"ANSWER,..." help:"Properties: exact, ode, lower-bound, none, fast, slow, mode-covering, mode-dropping, blurry, code, invertible."`
	Place     []string `placeholder:"PARADIGM,..." help:"Your guess at its paradigms (default: none)."`
	JSON      bool     `name:"json" help:"Print JSON."`
}

// Run asks the questions that no flag answers, on the terminal or from the lines of standard input,
// and prints the place. Only the last question is optional.
func (c *mapPlaceCmd) Run(con *console) error {
	a, err := runInterruptible(con.ctx, func() (taxonomy.Answers, error) { return c.answers(con) })
	if con.ctx.Err() != nil {
		return fmt.Errorf("%w: no model was classified", trainer.ErrInterrupted)
	}
	if err != nil {
		return err
	}
	p := taxonomy.Place(a)
	if c.JSON {
		return term.JSON(con.stdout, p)
	}
	printPlacement(con.stdout, p)
	return nil
}

// answers returns those of the flags, and of standard input for the other questions.
func (c *mapPlaceCmd) answers(con *console) (a taxonomy.Answers, err error) {
	prompts := con.stdout
	if c.JSON {
		prompts = con.stderr
	}
	in := bufio.NewScanner(os.Stdin)
	terminal := term.IsTerminal(os.Stdin)
	flags := [][]string{c.Objective, c.Sampling, c.Tradeoffs, c.Place}
	all := c.Objective != nil && c.Sampling != nil && c.Tradeoffs != nil
	for i, to := range []*[]string{&a.Objective, &a.Sampling, &a.TradeOffs, &a.Place} {
		q := taxonomy.Questions()[i]
		optional := i == len(flags)-1
		if flags[i] != nil {
			if *to, err = chosen(q, strings.Join(flags[i], ",")); err != nil {
				return a, fmt.Errorf("--%s: %w", q.Key, err)
			}
			continue
		}
		if optional && all {
			continue // flags answer all questions: do not wait for input
		}
		if *to, err = ask(in, prompts, q, optional, terminal); err != nil {
			return a, err
		}
	}
	return a, nil
}

// ask reads the answer to a question; on a terminal it repeats the question until the answer is valid.
func ask(in *bufio.Scanner, out io.Writer, q taxonomy.Question, optional, terminal bool) ([]string, error) {
	if terminal {
		fmt.Fprintf(out, "\n%s\n", q.Ask)
		for i, o := range q.Options {
			fmt.Fprintf(out, "  %2d  %-19s  %s\n", i+1, o.Name, o.Text)
		}
	}
	prompt := "One or more, by number or name: "
	if optional {
		prompt = "One or more, by number or name (Enter to skip): "
	}
	for {
		if terminal {
			fmt.Fprint(out, prompt)
		}
		if !in.Scan() {
			if err := in.Err(); err != nil {
				return nil, usage.Errorf("%s: %w", q.Key, err)
			}
			if optional {
				return nil, nil
			}
			return nil, usage.Errorf("no answer to %q: pass --%s with one or more of %s, or answer on standard input", q.Ask, q.Key, strings.Join(q.Names(), ", "))
		}
		line := strings.TrimSpace(in.Text())
		if line == "" && optional {
			return nil, nil
		}
		answers, err := chosen(q, line)
		if err == nil || !terminal {
			return answers, err
		}
		fmt.Fprintln(out, err)
	}
}

// chosen returns the options that a line names, by number, name or alias.
func chosen(q taxonomy.Question, line string) (answers []string, err error) {
	names := q.Names()
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '+' || r == '\t' }) {
		if n, err := strconv.Atoi(word); err == nil {
			if n < 1 || n > len(names) {
				return nil, usage.Errorf("answer %d is out of range: %s has answers 1 to %d", n, q.Key, len(names))
			}
			word = names[n-1]
		}
		word = q.Canonical(strings.ToLower(word))
		if err := suggest.Name(q.Noun, word, names); err != nil {
			return nil, err
		}
		if !slices.Contains(answers, word) {
			answers = append(answers, word)
		}
	}
	if answers == nil {
		return nil, usage.Errorf("empty answer to %s: give one or more of %s", q.Key, strings.Join(names, ", "))
	}
	return answers, nil
}

// printPlacement writes a placement as text.
func printPlacement(w io.Writer, p taxonomy.Placement) {
	list := func(lines []string) {
		for _, l := range lines {
			fmt.Fprintf(w, "  %s\n", term.Hanging(l, 76, 4))
		}
	}
	fmt.Fprintf(w, "\n%s\n", term.Wrap("Place on the map: "+p.Place, 80))
	list(p.Reasons)
	if len(p.Contradictions) > 0 {
		fmt.Fprintln(w, "Contradictory answers:")
		list(p.Contradictions)
	}
	fmt.Fprintln(w, "Nearest paradigms, by shared answers:")
	for _, n := range p.Nearest {
		if len(n.Shares) > 0 {
			fmt.Fprintf(w, "  %-14s  %d of %d  %s\n", n.Paradigm, len(n.Shares), n.Answers, strings.Join(n.Shares, ", "))
		}
	}
	if p.Guess != "" {
		fmt.Fprintln(w, term.Wrap(p.Guess, 80))
	}
}
