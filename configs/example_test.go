package configs_test

import (
	"fmt"

	"github.com/reactord/reactord/configs"
)

func ExampleParse() {
	config, err := configs.Parse("/etc/reactord/reactord.yaml", []byte(`
queues:
  images: { width: 4, qos: background }
sources:
  uploads:
    files: { paths: [/srv/uploads], include: ["**/*.jpg"] }
    queue: images
    each: path
    parallel: 4
    handler: { exec: [make-thumbnail, "${path}"] }
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	uploads := config.Sources[0]
	fmt.Println(uploads.Name, uploads.Kind, uploads.Files.Paths, uploads.Handler.Exec.Command)
	// Output: uploads files [/srv/uploads] [make-thumbnail ${path}]
}

// Everything that is wrong is told at once, each at its place.
func ExampleFaults() {
	_, err := configs.Parse("reactord.yaml", []byte(`
sources:
  tick:
    timer: { every: 10 }
    queue: images
    handler: { log: "tick ${tick}" }
`))
	fmt.Println(err)
	// Output:
	// reactord.yaml:4:21: error: every must be a duration such as 200ms, 10s or 1h, not "10"
	//     timer: { every: 10 }
	//                     ^
	//   hint: write 10s for seconds, 10ms for milliseconds
	// reactord.yaml:5:12: error: unknown queue "images"
	//     queue: images
	//            ^
	//   hint: add it to queues:
	// reactord.yaml:6:29: error: unknown field "tick" in ${tick}; fields of a timer event: attempt, count, data, id, kind, run, scheduled, source, ticks, time
	//     handler: { log: "tick ${tick}" }
	//                             ^
	//   hint: for a shell variable write $${tick}
}
