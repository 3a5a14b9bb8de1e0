package expr

import "github.com/expr-lang/expr/ast"

// predicates are the built-in functions whose second argument is a condition.
var predicates = map[string]bool{
	"all": true, "none": true, "any": true, "one": true, "filter": true, "count": true,
	"find": true, "findIndex": true, "findLast": true, "findLastIndex": true,
}

// absence makes an expression indulgent of absent values: a member of nothing is
// nothing, nothing is smaller or greater than nothing, and nothing is not true.
type absence struct{}

// Visit implements ast.Visitor.
func (*absence) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		if !n.Method {
			ast.Patch(node, &ast.BuiltinNode{Name: "get", Arguments: []ast.Node{n.Node, n.Property}})
		}
	case *ast.BinaryNode:
		visitBinary(node, n)
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			n.Node = call(truth, n.Node)
		}
	case *ast.ConditionalNode:
		n.Cond = call(truth, n.Cond)
	case *ast.BuiltinNode:
		if predicates[n.Name] && len(n.Arguments) == 2 {
			if p, ok := n.Arguments[1].(*ast.PredicateNode); ok {
				p.Node = call(truth, p.Node)
			}
		}
	}
}

func visitBinary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "<", "<=", ">", ">=":
		ast.Patch(node, call(n.Operator, n.Left, n.Right))
	case "and", "or", "&&", "||":
		n.Left, n.Right = call(truth, n.Left), call(truth, n.Right)
	}
}

// call is a call of one of our own functions.
func call(name string, arguments ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: internal(name)}, Arguments: arguments}
}
