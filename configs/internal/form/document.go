package form

// Document is a whole configuration.
type Document struct {
	Object
	// Settings of the daemon as a whole; all are optional.
	Settings Settings `yaml:"settings" null:"empty"`
	// Queues by name. A queue decides which handlers run beside each other.
	Queues Named[Queue] `yaml:"queues" null:"empty"`
	// Sources by name. A source says which events matter and what runs for them.
	Sources Named[Source] `yaml:"sources" need:"true" null:"empty"`
}

// Settings of the daemon as a whole; all are optional.
type Settings struct {
	Object
	// Control is the path of the control socket. The default is
	// /run/reactord/control.sock for root, control.sock in reactord in the runtime
	// directory for others.
	Control Text `yaml:"control"`
	// State is the directory for what must outlive the daemon. The default is
	// /var/lib/reactord for root, reactord in the state directory for others.
	State Text `yaml:"state"`
	// Log says what the daemon logs and how.
	Log LogSettings `yaml:"log" null:"empty"`
	// MaxPending bounds how many events a source holds back for its handler.
	MaxPending Int `yaml:"max_pending" default:"200000"`
	// StopTimeout is how long running handlers get to finish when the daemon stops.
	StopTimeout Duration `yaml:"stop_timeout" default:"30s"`
}

// LogSettings say what the daemon logs and how.
type LogSettings struct {
	Object
	// Level is the least severe level that is written.
	Level Choice `yaml:"level" oneof:"debug|info|warn|error" default:"info"`
	// Format is how lines are written; auto is console on a terminal, journal
	// under systemd, json otherwise.
	Format Choice `yaml:"format" oneof:"auto|json|console|journal" default:"auto"`
}

// Queue decides which handlers run beside each other. Without keys it is serial.
type Queue struct {
	Object
	// Width is how many handlers may run at once; 1 is one after the other.
	Width Int `yaml:"width" default:"1"`
	// QoS is the quality of service: what is waiting on a higher one runs first.
	QoS Choice `yaml:"qos" oneof:"user-interactive|user-initiated|default|utility|background" default:"default"`
	// Target is the queue this one runs on, whose width bounds this one's too.
	Target Text `yaml:"target"`
}
