package expr_test

import (
	"fmt"

	"github.com/reactord/reactord/internal/expr"
)

func Example() {
	env := expr.EnvFor("files", "event")
	event := expr.Fields{
		"count": 2,
		"paths": []string{"/srv/uploads/a b.jpg", "/srv/uploads/c.jpg"},
	}

	when, err := expr.CompileCondition("count > 1", env)
	if err != nil {
		fmt.Println(err)
		return
	}
	message, err := expr.CompileTemplate("${count} files, the first is ${base(paths[0])}", env)
	if err != nil {
		fmt.Println(err)
		return
	}
	arguments, err := expr.CompileTemplate("${paths}", env)
	if err != nil {
		fmt.Println(err)
		return
	}

	fmt.Println(when.True(event))
	fmt.Println(message.Text(event))
	args, err := arguments.Args(event)
	fmt.Printf("%q %v\n", args, err)
	// Output:
	// true <nil>
	// 2 files, the first is a b.jpg <nil>
	// ["/srv/uploads/a b.jpg" "/srv/uploads/c.jpg"] <nil>
}
