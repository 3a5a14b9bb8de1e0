package reactor

// heap is a 4-ary min-heap of alarms. Which of an alarm's two times orders it
// and which of its two indices it keeps is one number. Four children a node
// halve the depth and share cache lines (measured against two).
type heap struct {
	alarms []*Alarm
	which  int // 0: by target, 1: by deadline
}

const arity = 4

func (h *heap) key(a *Alarm) Instant {
	if h.which == 0 {
		return a.target
	}
	return a.deadline
}

func (h *heap) place(i int, a *Alarm) {
	h.alarms[i] = a
	a.at[h.which] = int32(i) + 1
}

func (h *heap) push(a *Alarm) {
	h.alarms = append(h.alarms, a)
	h.up(len(h.alarms)-1, a)
}

// remove takes a out and reports whether it was in.
func (h *heap) remove(a *Alarm) bool {
	i := int(a.at[h.which]) - 1
	if i < 0 {
		return false
	}
	a.at[h.which] = 0
	end := len(h.alarms) - 1
	last := h.alarms[end]
	h.alarms[end] = nil
	h.alarms = h.alarms[:end]
	if i == end {
		return true
	}
	if h.down(i, last) == i {
		h.up(i, last)
	}
	return true
}

// up puts a at i or above.
func (h *heap) up(i int, a *Alarm) {
	for i > 0 {
		parent := (i - 1) / arity
		if h.key(h.alarms[parent]) <= h.key(a) {
			break
		}
		h.place(i, h.alarms[parent])
		i = parent
	}
	h.place(i, a)
}

// down puts a at i or below and says where.
func (h *heap) down(i int, a *Alarm) int {
	for {
		least := -1
		for c := i*arity + 1; c <= i*arity+arity && c < len(h.alarms); c++ {
			if least < 0 || h.key(h.alarms[c]) < h.key(h.alarms[least]) {
				least = c
			}
		}
		if least < 0 || h.key(a) <= h.key(h.alarms[least]) {
			break
		}
		h.place(i, h.alarms[least])
		i = least
	}
	h.place(i, a)
	return i
}
