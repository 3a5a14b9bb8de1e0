package daemon

import (
	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/configs"
)

const (
	kindCustom   = "custom"
	kindInternal = "internal"
	customList   = "list"
)

// kinds is the table of kinds, by their names in the configuration.
var kinds = map[string]kind{
	"timer":      {open: openTimer, mode: coalesce.Add, detail: timerDetail, done: timerDone},
	"read":       {open: openRead, mode: coalesce.Replace, hold: unframed, detail: listenDetail},
	"write":      {open: openWrite, mode: coalesce.Replace, hold: unsent, detail: spoolerDetail},
	"vnode":      {open: openVnode, mode: coalesce.Or},
	"files":      {open: openFiles, mode: coalesce.Add, detail: filesDetail},
	"signal":     {open: openSignal, mode: coalesce.Add},
	"process":    {open: openProcess, mode: coalesce.Add, detail: processDetail},
	"port":       {open: openPort, mode: coalesce.Add, detail: portDetail},
	"pressure":   {open: openPressure, mode: coalesce.Replace, detail: pressureDetail},
	kindCustom:   {open: openNothing},
	kindInternal: {open: openNothing, mode: coalesce.Add},
}

// customModes says how the data of a custom source merges.
var customModes = map[string]coalesce.Mode{
	"add": coalesce.Add, "or": coalesce.Or, "replace": coalesce.Replace, customList: coalesce.Add,
}

// unsent is a write source that tells of room and leaves the writing to its handler.
func unsent(c *configs.Source) bool { return !c.Write.Sends() }

// unframed is a read source that tells of bytes and leaves the reading to its
// handler.
func unframed(c *configs.Source) bool { return c.Read.Listen == nil && c.Read.Framing == "none" }

// openNothing has nothing to open: what is emitted, and what the daemon tells of
// itself, goes straight to pending.
func openNothing(_ *source, ended func()) (intake, error) { return &nothing{ended: ended}, nil }

// nothing is an intake that takes nothing from the kernel.
type nothing struct{ ended func() }

func (*nothing) Activate() error { return nil }
func (*nothing) Suspend()        {}
func (*nothing) Resume()         {}
func (n *nothing) Cancel()       { n.ended() }
