package sources_test

import (
	"fmt"

	"github.com/reactord/reactord/sources"
)

// A stream arrives in pieces; what is complete is handed out.
func ExampleNewSplitter() {
	s, err := sources.NewSplitter(sources.FramingNetstrings, 1<<10)
	if err != nil {
		panic(err)
	}
	for _, piece := range []string{"5:hel", "lo,5:wo", "rld,5:oops!!"} {
		for _, frame := range s.Split([]byte(piece)) {
			if frame.Err != nil {
				fmt.Println(frame.Err, "- end the connection:", frame.Err.Ends)
				continue
			}
			fmt.Printf("%s\n", frame.Data)
		}
	}
	// Output:
	// hello
	// world
	// netstrings: at byte 23: want a comma after 5 bytes, have '!' - end the connection: true
}
