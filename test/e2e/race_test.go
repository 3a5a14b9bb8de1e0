//go:build race

package e2e

// The daemon is built with the race detector when its tests are.
func init() { buildFlags = append(buildFlags, "-race") }
