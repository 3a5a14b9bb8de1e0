package form

// Handler is what a run does. It has exactly one action.
type Handler struct {
	Object
	// Log writes a line into the daemon's log.
	Log *Log `yaml:"log"`
	// Exec runs a command.
	Exec *Exec `yaml:"exec" hint:"write a list, as in [touch, \"${path}\"], or {shell: \"…\"} for a shell"`
	// Timeout ends a run that takes longer.
	Timeout Duration `yaml:"timeout"`
	// When is a condition over the event; the handler is skipped if it is false.
	When Text `yaml:"when"`

	HTTP   Later `yaml:"http" instead:"use exec with curl"`
	Emit   Later `yaml:"emit" instead:"use exec with reactord emit"`
	Signal Later `yaml:"signal" instead:"use exec with kill"`
	Unit   Later `yaml:"unit" instead:"use exec with systemctl start"`
	Append Later `yaml:"append" instead:"use exec with tee -a"`
	Steps  Later `yaml:"steps" instead:"use exec with a script that runs the steps"`
	Retry  Later `yaml:"retry" instead:"let the command itself retry"`

	OnSuccess Later `yaml:"on_success" instead:"let the command go on, as in exec: {shell: 'work && report'}"`
	OnFailure Later `yaml:"on_failure" instead:"let the command see to its own failure, as in exec: {shell: 'work || alarm'}"`
}

// Choices implements Chooser.
func (*Handler) Choices() (what, on string, keys []string) {
	return "action", "handler", []string{"log", "exec", "http", "emit", "signal", "unit", "append", "steps"}
}

// Log writes a line into the daemon's log. Its short form is the message alone.
type Log struct {
	Object
	// Message is the text, with ${…} for what the event holds.
	Message Text `yaml:"message" need:"true"`
	// Level is the level of the line.
	Level Choice `yaml:"level" oneof:"debug|info|warn|error" default:"info"`
	// Fields stand beside the message, by name, with ${…} for what the event holds.
	Fields Named[Text] `yaml:"fields"`
}

// ShortFor implements Short.
func (*Log) ShortFor() string { return "message" }

// Exec runs a command, without a shell unless it is asked for. Its short form is
// the list of the command alone.
type Exec struct {
	Object
	// Command is the program and its arguments, with ${…} for what the event
	// holds. One argument stays one argument, whatever is in it; one that is
	// exactly a list, such as "${paths}", is one argument an element.
	Command []Text `yaml:"command" least:"1" hint:"write a list, as in [touch, \"${path}\"], or use shell"`
	// Shell is a text for /bin/sh -c, taken as it is: there is no ${…} in it. What
	// the event holds is in the environment, as in "$REACTORD_PATH", and on stdin.
	Shell Text `yaml:"shell"`
	// Dir is the working directory, with ${…} for what the event holds.
	Dir Text `yaml:"dir"`
	// Env are variables added to the environment, with ${…} for what the event holds.
	Env Named[Text] `yaml:"env"`
	// Stdin is what the command reads: the event as JSON, nothing, the paths with a
	// line or a NUL after each, the lines, or the connection that was accepted, to
	// which it then writes too.
	Stdin Choice `yaml:"stdin" oneof:"event|none|paths|paths0|lines|connection" default:"event"`
	// Output is where what the command prints goes.
	Output Choice `yaml:"output" oneof:"log|discard" default:"log"`
	// KillAfter is the time from TERM to KILL when a run is ended.
	KillAfter Duration `yaml:"kill_after" default:"10s"`

	User   Later `yaml:"user" instead:"use runuser in the command"`
	Group  Later `yaml:"group" instead:"use setpriv in the command"`
	Umask  Later `yaml:"umask" instead:"use umask in a shell"`
	Nice   Later `yaml:"nice" instead:"use nice in the command"`
	IONice Later `yaml:"ionice" instead:"use ionice in the command"`
	Limits Later `yaml:"limits" instead:"use prlimit in the command"`
	Run    Later `yaml:"run" instead:"use systemd-run in the command"`
}

// Choices implements Chooser.
func (*Exec) Choices() (what, on string, keys []string) {
	return "command", "exec", []string{"command", "shell"}
}

// ShortFor implements Short.
func (*Exec) ShortFor() string { return "command" }
