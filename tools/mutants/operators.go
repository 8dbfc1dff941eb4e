package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// site is a place of a file where an operator plants a bug: the bytes from to to become text.
type site struct {
	operator string
	from, to int
	text     string
}

// opposites are the operators that take each other's place.
var opposites = map[token.Token]token.Token{
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN,
	token.MUL_ASSIGN: token.QUO_ASSIGN, token.QUO_ASSIGN: token.MUL_ASSIGN,
	token.INC: token.DEC, token.DEC: token.INC,
}

// planter collects the sites of a file.
type planter struct {
	text  []byte
	fset  *token.FileSet
	sites []site
}

// sites returns where bugs can be planted in the functions of a Go file. Panics, which tell of misuse, and the
// words of messages are left as they are.
func sites(name string, text []byte) ([]site, error) {
	p := &planter{text: text, fset: token.NewFileSet()}
	file, err := parser.ParseFile(p.fset, name, text, parser.ParseComments)
	if err != nil || ast.IsGenerated(file) {
		return nil, err
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
			ast.Inspect(f.Body, p.visit)
		}
	}
	return p.sites, nil
}

func (p *planter) offset(pos token.Pos) int { return p.fset.Position(pos).Offset }

func (p *planter) source(n ast.Node) string {
	return string(p.text[p.offset(n.Pos()):p.offset(n.End())])
}

// replace adds a site for all of n.
func (p *planter) replace(operator string, n ast.Node, format string, args ...any) {
	p.sites = append(p.sites, site{operator, p.offset(n.Pos()), p.offset(n.End()), fmt.Sprintf(format, args...)})
}

// swap adds a site where the token at pos becomes its opposite.
func (p *planter) swap(operator string, pos token.Pos, old token.Token) {
	if opposite, ok := opposites[old]; ok {
		at := p.offset(pos)
		p.sites = append(p.sites, site{operator, at, at + len(old.String()), opposite.String()})
	}
}

func (p *planter) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		if p.wording(n) {
			return false
		}
		p.call(n)
	case *ast.BlockStmt:
		p.statements(n.List)
	case *ast.CaseClause:
		p.statements(n.Body)
	case *ast.IfStmt:
		if !p.panics(n.Body) {
			p.replace("branch never taken", n.Cond, "false && (%s)", p.source(n.Cond))
		}
	case *ast.BinaryExpr:
		p.swap("other operator", n.OpPos, n.Op)
		if n.Op == token.SUB || n.Op == token.QUO {
			p.replace("swapped operands", n, "(%s) %s (%s)", p.source(n.Y), n.Op, p.source(n.X))
		}
	case *ast.UnaryExpr:
		if n.Op == token.SUB || n.Op == token.NOT {
			p.replace("dropped sign", n, "%s", p.source(n.X))
		}
	case *ast.AssignStmt:
		p.swap("other operator", n.TokPos, n.Tok)
	case *ast.IncDecStmt:
		p.swap("other operator", n.TokPos, n.Tok)
	case *ast.ReturnStmt:
		return !p.fails(n)
	case *ast.BasicLit:
		switch n.Kind {
		case token.INT:
			p.replace("off by one", n, "(%s + 1)", n.Value)
		case token.FLOAT:
			p.replace("other constant", n, "(0.5 + 1.5*%s)", n.Value)
		}
	}
	return true
}

// fails reports whether a statement returns an error or false, beside which other values mean nothing.
func (p *planter) fails(n *ast.ReturnStmt) bool {
	if len(n.Results) < 2 {
		return false
	}
	switch last := n.Results[len(n.Results)-1].(type) {
	case *ast.Ident:
		return last.Name == "err" || last.Name == "false"
	case *ast.CallExpr:
		return p.wording(last)
	}
	return false
}

// statements adds sites where a statement is missing.
func (p *planter) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && !p.wording(call) {
				p.replace("missing statement", s, "")
			}
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				p.replace("missing statement", s, "")
			}
		case *ast.IncDecStmt, *ast.BranchStmt, *ast.DeferStmt:
			p.replace("missing statement", s, "")
		}
	}
}

// call adds sites where a function of package math is left out, and where the first two arguments are exchanged.
func (p *planter) call(n *ast.CallExpr) {
	if strings.HasPrefix(p.source(n.Fun), "math.") && len(n.Args) == 1 {
		p.replace("missing call", n, "(%s)", p.source(n.Args[0]))
	}
	if len(n.Args) < 2 {
		return
	}
	a, b := p.source(n.Args[0]), p.source(n.Args[1])
	if _, ok := n.Args[0].(*ast.Ident); ok && a != b && a != "_" {
		if _, ok := n.Args[1].(*ast.Ident); ok {
			first, second := n.Args[0], n.Args[1]
			p.sites = append(p.sites, site{"exchanged arguments", p.offset(first.Pos()), p.offset(second.End()), b + ", " + a})
		}
	}
}

// wording reports whether a call only says what is wrong.
func (p *planter) wording(n *ast.CallExpr) bool {
	switch p.source(n.Fun) {
	case "panic", "fmt.Errorf", "errors.New":
		return true
	}
	return false
}

func (p *planter) panics(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	s, ok := b.List[len(b.List)-1].(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := s.X.(*ast.CallExpr)
	return ok && p.source(call.Fun) == "panic"
}

// lines returns the whole lines of a site, as they are and with the bug.
func (s site) lines(text []byte) (old, changed string) {
	from := bytes.LastIndexByte(text[:s.from], '\n') + 1
	to := len(text)
	if i := bytes.IndexByte(text[s.to:], '\n'); i >= 0 {
		to = s.to + i + 1
	}
	return string(text[from:to]), string(text[from:s.from]) + s.text + string(text[s.to:to])
}
