package compare

// result is the comparison as it is stored.
func (k *Comparison) result() *Result {
	r := &Result{Plan: k.plan, Machine: machine()}
	for _, c := range k.runs {
		r.Runs = append(r.Runs, c.result)
	}
	r.Summarise()
	return r
}

// Files are the files of a comparison, in the order in which they are named.
var Files = []string{"compare.json", "compare.csv", "compare.md", "compare.png", "quality.png", "report.html"}

// write writes the comparison's files, the data before the pictures.
func (k *Comparison) write(r *Result) error {
	b, err := r.Encode()
	if err != nil {
		return err
	}
	csv, err := r.CSV()
	if err != nil {
		return err
	}
	files := map[string][]byte{"compare.json": b, "compare.csv": csv, "compare.md": r.Markdown()}
	if files["compare.png"], err = k.panels(); err != nil {
		return err
	}
	if files["quality.png"], err = r.Quality(); err != nil {
		return err
	}
	if files["report.html"], err = r.Report(files["compare.png"]); err != nil {
		return err
	}
	for _, name := range Files {
		if err := k.root.WriteFile(name, files[name]); err != nil {
			return err
		}
	}
	return nil
}
