package sources_test

import (
	"fmt"
	"time"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// A cache is emptied when the service's control group runs short of memory.
func ExampleNewPressure() {
	q := reactor.NewQueue("cache")
	p, err := sources.NewPressure("memory", q, sources.PressureOptions{
		Cgroup:  "/sys/fs/cgroup/system.slice/shop.service",
		Warn:    sources.PressureTrigger{Stall: 100 * time.Millisecond, Window: 2 * time.Second},
		Environ: true, // systemd may know better
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p.OnEvent(func(ev sources.PressureEvent) {
		switch {
		case ev.Err != nil:
			p.Cancel()
		case ev.Worst == sources.PressureCritical:
			fmt.Println("drop everything")
		case ev.Worst == sources.PressureWarn:
			fmt.Println("drop half")
		}
	})
	if err := p.Activate(); err != nil {
		fmt.Println(err) // with what to do about it
	}
}
