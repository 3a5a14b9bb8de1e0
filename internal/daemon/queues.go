package daemon

import (
	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/reactor"
)

// makeQueues makes the configured queues. The configuration has been checked:
// targets exist and form no cycle.
func makeQueues(r *reactor.Reactor, all []configs.Queue) map[string]*reactor.Queue {
	made := make(map[string]*reactor.Queue, len(all))
	byName := make(map[string]*configs.Queue, len(all))
	for i := range all {
		byName[all[i].Name] = &all[i]
	}
	var build func(c *configs.Queue) *reactor.Queue
	build = func(c *configs.Queue) *reactor.Queue {
		if q := made[c.Name]; q != nil {
			return q
		}
		var target *reactor.Queue
		if c.Target != "" {
			target = build(byName[c.Target])
		} else {
			qos, _ := reactor.ParseQoS(c.QoS)
			target = r.Global(qos)
		}
		q := reactor.NewQueue(c.Name, reactor.Target(target), reactor.Width(c.Width))
		made[c.Name] = q
		return q
	}
	for i := range all {
		build(&all[i])
	}
	return made
}
