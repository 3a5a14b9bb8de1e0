package configs_test

import (
	"os/exec"
	"strings"
	"testing"
)

// What loads a configuration depends on nothing of the daemon, and not on the
// libraries of the schema's generator.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	const ours = "github.com/reactord/reactord/"
	allowed := map[string]bool{"configs": true, "configs/internal/form": true, "internal/expr": true, "sources/calendar": true}
	for _, dependency := range strings.Fields(string(out)) {
		if name, own := strings.CutPrefix(dependency, ours); own && !allowed[name] {
			t.Errorf("depends on %s", dependency)
		}
		if strings.Contains(dependency, "jsonschema") || strings.Contains(dependency, "zerolog") {
			t.Errorf("depends on %s", dependency)
		}
	}
}
