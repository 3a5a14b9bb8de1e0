package daemon

import (
	"slices"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/sources"
)

// How processes that start later are noticed (clause PR2), as status and check
// tell it.
const noticedAtOnce = "noticed at once"

func noticedLate(c *configs.Process) string {
	if c.Cgroup != "" {
		return "noticed when the control group is populated and when another one in it ends"
	}
	return "noticed when another of its kind ends"
}

// unseen says which processes a source can't see for want of permission; "" none.
func unseen(c *configs.Process) string {
	switch {
	case !selects(c):
	case !sources.SeesProcesses():
		return "processes of other users are not seen: /proc is mounted with hidepid, and that takes CAP_SYS_PTRACE or its group"
	case c.Exe != "" && !sources.SeesExecutables():
		return "processes of other users are not seen: what they execute is told to root (CAP_SYS_PTRACE) only"
	}
	return ""
}

// selects reports whether processes are told apart by what they are, and none is
// named.
func selects(c *configs.Process) bool { return c.Name != "" || c.Exe != "" || c.Cgroup != "" }

// activityOf are the kinds of activity a source wants to hear of: of what makes
// processes belong or not, forks are those that need no exec.
func activityOf(c *configs.Process) (kinds sources.ProcessAct) {
	if selects(c) {
		kinds = sources.ProcessFork | sources.ProcessExec
	}
	if c.Name != "" {
		kinds |= sources.ProcessName
	}
	for _, e := range c.Events {
		switch e {
		case processFork:
			kinds |= sources.ProcessFork
		case processExec:
			kinds |= sources.ProcessExec
		}
	}
	return kinds
}

// needsConnector reports whether a source asks for what only the process
// connector can tell.
func needsConnector(c *configs.Process) bool {
	return slices.Contains(c.Events, processFork) || slices.Contains(c.Events, processExec) ||
		selects(c) && slices.Contains(c.Events, processStart)
}
