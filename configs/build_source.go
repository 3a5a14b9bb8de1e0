package configs

import (
	"time"

	"github.com/reactord/reactord/configs/internal/form"
	"github.com/reactord/reactord/internal/expr"
)

func (b *builder) sources(named *form.Named[form.Source], queues *form.Named[form.Queue]) []Source {
	var sources []Source
	for i := range named.Entries {
		entry := &named.Entries[i]
		name := b.name("source", &entry.Name)
		if !entry.Value.Pos.IsSet() {
			continue // it is no map, which was told
		}
		source := b.source(name, &entry.Value)
		source.Pos = entry.Name.Pos
		if queue := &entry.Value.Queue; queue.IsSet() {
			b.knownQueue(queue, queues)
		}
		sources = append(sources, source)
	}
	return sources
}

func (b *builder) source(name string, s *form.Source) Source {
	source := Source{
		Name:      name,
		Queue:     s.Queue.Value,
		Each:      s.Each.Value,
		Parallel:  s.Parallel.N,
		Coalesce:  b.coalesce(&s.Coalesce),
		Suspended: s.Suspended.On,
	}
	if !b.kind(s, &source) {
		return source // which fields its events have is not known
	}
	b.each(s, &source)
	event := event{kind: source.Kind, each: source.Each}
	switch {
	case source.Custom == "list":
		event.kind = "custom list"
	case source.Write.Sends():
		event.kind = "write from"
	}
	event.lines = source.Read != nil && source.Read.Framing == "lines"
	event.connection = source.Read.connections()
	source.When = b.condition(&s.When, event.env())
	if s.Handler != nil {
		source.Handler = b.handler(s.Handler, s.Key("handler"), event)
		b.reads(s, &source)
	}
	if s.OnCancel != nil {
		source.OnCancel = b.handler(s.OnCancel, s.Key("on_cancel"), cancelled)
	}
	return source
}

// event is what a handler is run for.
type event struct {
	kind, each string
	lines      bool // it has lines
	connection bool // it brings a connection
}

// cancelled is the end of a source: it has the fields that all events have.
var cancelled = event{kind: "cancel"}

func (e event) env() *expr.Env { return expr.EnvFor(e.kind, e.each) }

// paths reports whether the event has paths.
func (e event) paths() bool { return e.kind == "files" || e.kind == "vnode" }

// kind fills in the kind of a source, and reports whether it has exactly one. If
// not, that was told; those it has are checked all the same.
func (b *builder) kind(s *form.Source, source *Source) bool {
	kinds := 0
	set := func(kind string) {
		source.Kind = kind
		kinds++
	}
	if s.Timer != nil {
		set("timer")
		source.Timer = b.timer(s.Timer)
	}
	if s.Read != nil {
		set("read")
		source.Read = b.read(source.Name, s.Read)
	}
	if s.Write != nil {
		set("write")
		source.Write = b.write(source.Name, s.Write)
	}
	if s.Vnode != nil {
		set("vnode")
		source.Vnode = b.vnode(s.Vnode)
	}
	if s.Files != nil {
		set("files")
		source.Files = b.files(s.Files)
	}
	if s.Signal != nil {
		set("signal")
		source.Signal = b.signal(source.Name, s.Signal)
	}
	if s.Process != nil {
		set("process")
		source.Process = b.process(s.Process)
	}
	if s.Port != nil {
		set("port")
		source.Port = b.port(source.Name, s.Port)
	}
	if s.Pressure != nil {
		set("pressure")
		source.Pressure = b.pressure(s.Pressure)
	}
	if len(s.Internal) > 0 {
		set("internal")
		source.Internal = events(s.Internal)
	}
	if s.Custom.IsSet() {
		set("custom")
		source.Custom = s.Custom.Value
	}
	return kinds == 1
}

// reads refuses a handler that runs again and again because it can't read what
// was told of.
func (b *builder) reads(s *form.Source, source *Source) {
	if r := source.Read; r == nil || r.Framing != "none" || r.Listen != nil || source.Handler.Log == nil {
		return
	}
	if source.Coalesce.Every == 0 && source.Coalesce.Limit.N == 0 {
		b.fault(s.Key("handler"), "add framing: lines to read, or use exec with a command that reads",
			"log reads nothing, and without framing reading is left to the handler: it would run without end")
	}
}

// each checks what one run gets, and how many may be out (DV3).
func (b *builder) each(s *form.Source, source *Source) {
	b.positive("parallel", &s.Parallel)
	switch {
	case source.Each == "path" && source.Files == nil && source.Vnode == nil && !source.Write.Sends():
		b.fault(s.Each.Pos, "leave it out", "each: path is for sources of files, vnode, and write with from, not for %s", source.Kind)
	case source.Each == "line" && source.Read == nil:
		b.fault(s.Each.Pos, "leave it out", "each: line is for read sources, not for %s", source.Kind)
	case source.Each == "line" && source.Read.Framing != "lines":
		b.fault(s.Each.Pos, "add framing: lines to read", "each: line needs framing: lines")
	case source.Each == "message" && source.Read == nil && source.Port == nil:
		b.fault(s.Each.Pos, "leave it out", "each: message is for read and port sources, not for %s", source.Kind)
	case source.Each == "message" && source.Port == nil && !source.Read.messages():
		b.fault(s.Each.Pos, "add framing: nul, netstrings, length16, length32 or whole to read", "each: message needs a framing of messages")
	case source.Each == "event" && source.Parallel > 1 && !source.Read.connections():
		b.fault(s.Parallel.Pos, "add each: path, line or message, or leave parallel out",
			"parallel %d without each: merged events have one run at a time", source.Parallel)
	}
}

func (b *builder) coalesce(c *form.Coalesce) Coalesce {
	windows := Coalesce{
		Settle: c.Settle.D, Max: c.Max.D, Every: c.Every.D,
		Limit: Rate{N: c.Limit.N, Interval: c.Limit.Interval},
	}
	switch {
	case !c.Max.IsSet():
	case !c.Has("settle"):
		b.fault(c.Key("max"), "add settle, or use every", "max without settle: it bounds how long settle waits")
	case c.Settle.IsSet() && windows.Max < windows.Settle:
		b.fault(c.Max.Pos, "", "max %s is shorter than settle %s", c.Max.Value, c.Settle.Value)
	}
	return windows
}

// shortest is the shortest interval of a timer.
const shortest = time.Millisecond

func (b *builder) timer(t *form.Timer) *Timer {
	timer := &Timer{Every: t.Every.D, Leeway: t.Leeway.D, Jitter: t.Jitter.D, Clock: t.Clock.Value, CatchUp: t.CatchUp.On}
	timer.Start = b.start(&t.Start)
	if t.Has("at") {
		return b.almanac(t, timer)
	}
	if timer.Clock == "" {
		timer.Clock = "boottime"
		if !timer.Start.At.IsZero() {
			timer.Clock = "wall"
		}
	}
	switch {
	case !t.Has("every") && !t.Has("start"):
		b.fault(t.Pos, "add every, such as every: 10s", "a timer needs every, start or at")
	case t.Every.IsSet() && t.Every.D < shortest:
		b.fault(t.Every.Pos, "", "every must be at least %s", shortest)
	case t.Every.IsSet() && timer.Leeway > timer.Every:
		b.fault(t.Leeway.Pos, "", "leeway %s is longer than every %s", t.Leeway.Value, t.Every.Value)
	case t.Every.IsSet() && timer.Jitter > timer.Every:
		b.fault(t.Jitter.Pos, "", "jitter %s is longer than every %s", t.Jitter.Value, t.Every.Value)
	}
	if !timer.Start.At.IsZero() && timer.Clock != "wall" {
		b.fault(t.Clock.Pos, "leave it out, or write clock: wall", "start is a time of the wall clock, and clock is %s", timer.Clock)
	}
	if timer.CatchUp && timer.Every == 0 && timer.Start.At.IsZero() {
		b.fault(t.CatchUp.Pos, "it is for every, at, and a start that is a time", "catch_up with a timer that fires once after each start")
	}
	return timer
}

func (b *builder) start(t *form.Text) Start {
	if !t.IsSet() {
		return Start{}
	}
	if t.Value == "now" {
		return Start{Now: true}
	}
	if after, _, ok := form.ParseDuration(t.Value); ok {
		return Start{Now: after == 0, After: after}
	}
	at, err := time.Parse(time.RFC3339, t.Value)
	if err != nil || at.IsZero() {
		b.fault(t.Pos, "a time is written as in 2030-01-31T02:30:00+01:00", "start must be now, a duration or a time, not %q", t.Value)
	}
	return Start{At: at}
}
