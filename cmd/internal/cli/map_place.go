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

// mapPlaceCmd finds the place of a system on the map.
type mapPlaceCmd struct {
	Objective []string `placeholder:"ANSWER,..." help:"What its training makes small or large: next, volume, bound, game, denoise, distil."`
	Sampling  []string `placeholder:"ANSWER,..." help:"How it draws a sample: parts, pass, inverse, steps, few, latent."`
	Tradeoffs []string `placeholder:"ANSWER,..." help:"What it gives and costs: exact, ode, bounded, none, fast, slow, covers, drops, blurs, code, rigid."`
	Place     []string `placeholder:"PARADIGM,..." help:"Where you would put it (default: no guess)."`
	JSON      bool     `name:"json" help:"Print JSON."`
}

// Run asks what the flags do not say, on the terminal or from the lines of standard input, and
// prints the place. Only the last question may be left unanswered.
func (c *mapPlaceCmd) Run(con *console) error {
	a, err := interruptible(con.ctx, func() (taxonomy.Answers, error) { return c.answers(con) })
	if con.ctx.Err() != nil {
		return fmt.Errorf("%w: nothing was placed", trainer.ErrInterrupted)
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

// answers are those of the flags, and of standard input where they are silent.
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
		q := taxonomy.Questions[i]
		optional := i == len(flags)-1
		if flags[i] != nil {
			if *to, err = chosen(q, strings.Join(flags[i], ",")); err != nil {
				return a, fmt.Errorf("--%s: %w", q.Key, err)
			}
			continue
		}
		if optional && all {
			continue // all was said by flags: nobody waits for a question
		}
		if *to, err = ask(in, prompts, q, optional, terminal); err != nil {
			return a, err
		}
	}
	return a, nil
}

// ask puts a question and reads the answer, again and again on a terminal until it is one.
func ask(in *bufio.Scanner, out io.Writer, q taxonomy.Question, optional, terminal bool) ([]string, error) {
	if terminal {
		fmt.Fprintf(out, "\n%s\n", q.Ask)
		for i, o := range q.Options {
			fmt.Fprintf(out, "  %2d  %-14s  %s\n", i+1, o.Name, o.Text)
		}
	}
	for {
		if terminal {
			fmt.Fprint(out, "one or several, by number or name: ")
		}
		if !in.Scan() {
			if err := in.Err(); err != nil {
				return nil, usage.Errorf("%s: %w", q.Key, err)
			}
			if optional {
				return nil, nil
			}
			return nil, usage.Errorf("no answer to %q: give --%s (there are: %s), or answer on standard input", q.Ask, q.Key, strings.Join(q.Names(), ", "))
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

// chosen are the options that a line names, by number or name.
func chosen(q taxonomy.Question, line string) (answers []string, err error) {
	names := q.Names()
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '+' || r == '\t' }) {
		if n, err := strconv.Atoi(word); err == nil {
			if n < 1 || n > len(names) {
				return nil, usage.Errorf("answer %d to %s, but must be 1 to %d", n, q.Key, len(names))
			}
			word = names[n-1]
		}
		word = strings.ToLower(word)
		if err := suggest.Name("answer", word, names); err != nil {
			return nil, err
		}
		if !slices.Contains(answers, word) {
			answers = append(answers, word)
		}
	}
	if answers == nil {
		return nil, usage.Errorf("an empty answer to %s (there are: %s)", q.Key, strings.Join(names, ", "))
	}
	return answers, nil
}

// printPlacement writes a placement to be read.
func printPlacement(w io.Writer, p taxonomy.Placement) {
	fmt.Fprintf(w, "\nIts place: %s\n", p.Place)
	for _, reason := range p.Reasons {
		fmt.Fprintf(w, "  %s\n", reason)
	}
	if len(p.Contradictions) > 0 {
		fmt.Fprintln(w, "Not both can be true:")
		for _, c := range p.Contradictions {
			fmt.Fprintf(w, "  %s\n", c)
		}
	}
	fmt.Fprintln(w, "Nearest paradigms, by the answers they share:")
	for _, n := range p.Nearest {
		if len(n.Shares) > 0 {
			fmt.Fprintf(w, "  %-14s  %d of %d  %s\n", n.Paradigm, len(n.Shares), n.Answers, strings.Join(n.Shares, ", "))
		}
	}
	if p.Guess != "" {
		fmt.Fprintln(w, p.Guess)
	}
}
