package reactor

// operationHeap orders operations that are ready: by priority, and equal ones by
// the order of addition (clause N5). Each operation knows its place, so one can
// be taken out of the middle.
type operationHeap []*Operation

// first reports whether a starts before b.
func (operationHeap) first(a, b *Operation) bool {
	if a.priority != b.priority {
		return a.priority > b.priority
	}
	return a.place.number < b.place.number
}

func (h *operationHeap) push(o *Operation) {
	*h = append(*h, o)
	h.up(len(*h)-1, o)
}

// pop takes the first one out.
func (h *operationHeap) pop() *Operation {
	o := (*h)[0]
	h.remove(o)
	return o
}

// remove takes o out if it is in.
func (h *operationHeap) remove(o *Operation) {
	i := o.place.at
	if i == notQueued {
		return
	}
	o.place.at = notQueued
	end := len(*h) - 1
	last := (*h)[end]
	(*h)[end] = nil
	*h = (*h)[:end]
	if i < end {
		h.settle(i, last)
	}
}

// settle places o, which is to be at i, above or below.
func (h *operationHeap) settle(i int, o *Operation) {
	if h.down(i, o) == i {
		h.up(i, o)
	}
}

func (h operationHeap) place(i int, o *Operation) {
	h[i] = o
	o.place.at = i
}

func (h operationHeap) up(i int, o *Operation) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.first(o, h[parent]) {
			break
		}
		h.place(i, h[parent])
		i = parent
	}
	h.place(i, o)
}

// down says where it placed o.
func (h operationHeap) down(i int, o *Operation) int {
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h.first(h[child+1], h[child]) {
			child++
		}
		if !h.first(h[child], o) {
			break
		}
		h.place(i, h[child])
		i = child
	}
	h.place(i, o)
	return i
}
