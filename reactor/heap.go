package reactor

// heap is a 4-ary min-heap of alarms by one of their two times, which lie beside
// the alarms so that to compare them is to read one cache line for each level.
// Four children a node halve the depth (measured against two).
//
// An alarm that is moved to a later time stays where it is, and moves when it comes
// to the top: most are moved again before that, or removed, as those of connections
// that are kept alive.
type heap struct {
	nodes []node
	which int // of an alarm's indices: 0 by target, 1 by deadline
}

type node struct {
	time  Instant // not after the alarm's
	alarm *Alarm
}

const arity = 4

func (h *heap) place(i int, n node) {
	h.nodes[i] = n
	n.alarm.at[h.which] = int32(i) + 1
}

// set puts a in with that time, or moves it.
func (h *heap) set(a *Alarm, time Instant) {
	i, n := int(a.at[h.which])-1, node{time, a}
	a.time[h.which] = time
	switch {
	case i < 0:
		h.nodes = append(h.nodes, n)
		h.up(len(h.nodes)-1, n)
	case time < h.nodes[i].time:
		h.up(i, n)
	}
}

// remove takes a out and reports whether it was in.
func (h *heap) remove(a *Alarm) bool {
	i := int(a.at[h.which]) - 1
	if i < 0 {
		return false
	}
	a.at[h.which] = 0
	end := len(h.nodes) - 1
	last := h.nodes[end]
	h.nodes[end] = node{}
	h.nodes = h.nodes[:end]
	if i == end {
		return true
	}
	if h.down(i, last) == i {
		h.up(i, last)
	}
	return true
}

// first is the one with the earliest time, Forever and nil when there is none.
func (h *heap) first() node {
	for len(h.nodes) > 0 {
		n := h.nodes[0]
		at := n.alarm.time[h.which]
		if n.time == at {
			return n
		}
		h.down(0, node{at, n.alarm})
	}
	return node{time: Forever}
}

// up puts n at i or above.
func (h *heap) up(i int, n node) {
	for i > 0 {
		parent := (i - 1) / arity
		if h.nodes[parent].time <= n.time {
			break
		}
		h.place(i, h.nodes[parent])
		i = parent
	}
	h.place(i, n)
}

// down puts n at i or below and says where.
func (h *heap) down(i int, n node) int {
	for {
		first := i*arity + 1
		if first >= len(h.nodes) {
			break
		}
		least := first
		for c := first + 1; c < min(first+arity, len(h.nodes)); c++ {
			if h.nodes[c].time < h.nodes[least].time {
				least = c
			}
		}
		if n.time <= h.nodes[least].time {
			break
		}
		h.place(i, h.nodes[least])
		i = least
	}
	h.place(i, n)
	return i
}
