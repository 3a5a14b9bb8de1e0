package configs

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/reactord/reactord/configs/internal/form"
)

func (b *builder) vnode(v *form.Vnode) *Vnode {
	return &Vnode{Path: b.path(&v.Path), Events: events(v.Events)}
}

func (b *builder) files(f *form.Files) *Files {
	files := &Files{
		Recursive: f.Recursive.On,
		Events:    events(f.Events),
		Include:   b.globs(f.Include),
		Ignore:    b.globs(f.Ignore),
		Engine:    f.Engine.Value,
		Initial:   f.Initial.On,
	}
	seen := make(map[string]bool, len(f.Paths))
	for i := range f.Paths {
		path := b.path(&f.Paths[i])
		if path != "" && seen[path] {
			b.fault(f.Paths[i].Pos, "", "%s is there twice", path)
		}
		seen[path] = true
		files.Paths = append(files.Paths, path)
	}
	return files
}

// events are the names of events, each once.
func events(choices []form.Choice) []string {
	var names []string
	for i := range choices {
		if name := choices[i].Value; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// globs checks patterns, which are matched with the path relative to a root.
func (b *builder) globs(texts []form.Text) []string {
	var globs []string
	for i := range texts {
		t := &texts[i]
		glob := t.Value
		globs = append(globs, glob)
		switch {
		case !t.IsSet(): // it is no text, which was told
		case glob == "":
			b.fault(t.Pos, "", "a glob is empty")
		case strings.HasPrefix(glob, "/"), strings.HasPrefix(glob, "./"):
			b.fault(t.Pos, "write it without what is before the first name", "glob %q: a glob is relative to its root", glob)
		case strings.HasPrefix(glob, "!"):
			b.fault(t.Pos, "say what to take with include", "glob %q: globs are not negated", glob)
		case strings.HasSuffix(glob, "/"):
			b.fault(t.Pos, "write "+strings.TrimRight(glob, "/")+" for the directory and all below", "glob %q ends with a slash", glob)
		case !doublestar.ValidatePattern(glob):
			b.fault(t.Pos, `a [ needs its ], a { its }; \[ is a bracket itself`, "bad glob %q", glob)
		}
	}
	return globs
}
