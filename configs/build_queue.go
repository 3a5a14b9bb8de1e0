package configs

import (
	"maps"
	"slices"
	"strings"

	"github.com/reactord/reactord/configs/internal/form"
)

func (b *builder) queues(named *form.Named[form.Queue]) []Queue {
	var queues []Queue
	targets := map[string]*form.Text{}
	for i := range named.Entries {
		entry := &named.Entries[i]
		queue := Queue{
			Name:   b.name("queue", &entry.Name),
			Width:  entry.Value.Width.N,
			QoS:    entry.Value.QoS.Value,
			Target: entry.Value.Target.Value,
			Pos:    entry.Name.Pos,
		}
		b.positive("width", &entry.Value.Width)
		if target := &entry.Value.Target; target.IsSet() {
			b.knownQueue(target, named)
			targets[queue.Name] = target
		}
		queues = append(queues, queue)
	}
	b.cycles(queues, targets)
	return queues
}

// knownQueue tells of a name that no queue has.
func (b *builder) knownQueue(t *form.Text, named *form.Named[form.Queue]) {
	if b.queueNames == nil {
		b.queueNames = map[string]bool{}
		for _, entry := range named.Entries {
			b.queueNames[entry.Name.Value] = true
		}
	}
	if b.queueNames[t.Value] {
		return
	}
	names := slices.Sorted(maps.Keys(b.queueNames))
	hint := form.Suggest(t.Value, names)
	if hint == "" {
		hint = "add it to queues:"
	}
	b.fault(t.Pos, hint, "unknown queue %q", t.Value)
}

// cycles tells of queues that run on themselves, each cycle once.
func (b *builder) cycles(queues []Queue, targets map[string]*form.Text) {
	done := map[string]bool{}
	for _, queue := range queues {
		var path []string
		onPath := map[string]int{}
		for name := queue.Name; targets[name] != nil && !done[name]; name = targets[name].Value {
			onPath[name] = len(path)
			path = append(path, name)
			next := targets[name].Value
			if from, closed := onPath[next]; closed {
				b.fault(targets[next].Pos, "a queue runs on its target; leave out one target",
					"cycle of queue targets: %s", strings.Join(append(path[from:], next), " -> "))
				break
			}
		}
		for _, name := range path {
			done[name] = true
		}
	}
}
