package form

// Source says which events matter and what runs for them. It has exactly one
// kind, and a handler.
type Source struct {
	Object
	// Timer fires on a fixed grid.
	Timer *Timer `yaml:"timer"`
	// Read reports bytes that can be read.
	Read *Read `yaml:"read"`
	// Write reports room to write.
	Write *Write `yaml:"write"`
	// Vnode reports what happens to one file or directory, through renames.
	Vnode *Vnode `yaml:"vnode"`
	// Files reports what happens in directory trees.
	Files *Files `yaml:"files"`
	// Signal reports signals sent to the daemon.
	Signal *Signal `yaml:"signal" hint:"write a list, as in [SIGUSR1]"`
	// Process reports the end of processes.
	Process *Process `yaml:"process"`
	// Custom reports what is emitted by command line and handlers: add is the sum
	// of the numbers, or their bits together, replace the last, list all payloads.
	Custom Choice `yaml:"custom" oneof:"add|or|replace|list"`
	// Port receives messages with their senders.
	Port *Port `yaml:"port" hint:"write unix:PATH or seqpacket:PATH"`
	// Pressure reports when memory, cpu or io run short, and when that is over.
	Pressure *Pressure `yaml:"pressure" hint:"write memory, cpu or io"`

	// Internal reports what happens in the daemon itself: the kernel's queue of
	// file events overflowed, a run failed for good, a source failed, and works
	// again; the wall clock was set.
	Internal []Choice `yaml:"internal" oneof:"overflow|gave_up|source_failed|source_recovered|clock_set" later:"reload_refused|store_full" least:"1" hint:"write a list, as in [source_failed, gave_up]"`

	// Queue is the queue the handler runs on. Without it the handler runs beside
	// those of other sources, one at a time for its own.
	Queue Text `yaml:"queue"`
	// Each says what one run of the handler gets: all merged events, those of one
	// path, one line, or one message. With line and message nothing runs for the end
	// of a connection that comes alone.
	Each Choice `yaml:"each" oneof:"event|path|line|message" default:"event"`
	// Parallel is how many runs of this source may be out at once, with each: path,
	// line or message, within the width of its queue.
	Parallel Int `yaml:"parallel" default:"1"`
	// Coalesce holds the windows in which events merge.
	Coalesce Coalesce `yaml:"coalesce"`
	// Busy says what becomes of events that arrive while a run is out: they merge,
	// and one run has them all.
	Busy Choice `yaml:"busy" oneof:"coalesce" later:"queue|drop|restart|signal" instead:"use coalesce" default:"coalesce"`
	// When is a condition over the event; nothing runs if it is false.
	When Text `yaml:"when"`
	// Durable keeps events on disk until they are handled.
	Durable Bool `yaml:"durable" later:"true"`
	// Suspended registers the source and collects its events, but runs nothing
	// until it is resumed.
	Suspended Bool `yaml:"suspended" default:"false"`
	// Handler is what runs for an event.
	Handler *Handler `yaml:"handler" need:"true"`
	// OnCancel runs once after the source has been cancelled.
	OnCancel *Handler `yaml:"on_cancel"`

	OnFailure     Later `yaml:"on_failure" instead:"let the command see to its own failure, as in exec: {shell: 'work || alarm'}"`
	OnEachFailure Later `yaml:"on_each_failure" instead:"let the command see to its own failure, as in exec: {shell: 'work || alarm'}"`
}

// Choices implements Chooser.
func (*Source) Choices() (what, on string, keys []string) {
	return "kind", "source", []string{
		"timer", "read", "write", "vnode", "files", "signal", "process", "custom", "port", "pressure", "internal",
	}
}

// Coalesce holds the windows of a source; a run starts when all allow it.
type Coalesce struct {
	Object
	// Settle waits until nothing new has come for so long.
	Settle Duration `yaml:"settle"`
	// Max bounds the waiting of settle.
	Max Duration `yaml:"max"`
	// Every is the least time between the starts of two runs; the last events are
	// kept for the next.
	Every Duration `yaml:"every"`
	// Limit is the most runs in an interval, such as 10/1m; more wait.
	Limit Rate `yaml:"limit"`
}
